import { ConnectionError, errorCodes, maxInt31, maxPayloadBytes } from './wire.ts';

/** What one side tells the other of itself; undefined where nothing was said (RFC 9113, section 6.5.2). */
export interface Settings {
  headerTableSize?: number;
  enablePush?: number;
  maxConcurrentStreams?: number;
  initialWindowSize?: number;
  maxFrameSize?: number;
  maxHeaderListSize?: number;
}

const identifiers = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

type Name = keyof typeof identifiers;

const names = new Map(Object.entries(identifiers).map(([name, identifier]) => [identifier as number, name as Name]));

const entryBytes = 6;

/** Of two entries for the same the later one holds; unknown ones are passed over. Throws a ConnectionError at values that may not be. */
export function readSettings(payload: Buffer): Settings {
  if (payload.length % entryBytes !== 0) throw new ConnectionError(errorCodes.frameSizeError, 'half a setting');
  const settings: Settings = {};
  for (let at = 0; at < payload.length; at += entryBytes) {
    const name = names.get(payload.readUInt16BE(at));
    const value = payload.readUInt32BE(at + 2);
    if (name === undefined) continue;
    check(name, value);
    settings[name] = value;
  }
  return settings;
}

function check(name: Name, value: number): void {
  const { protocolError, flowControlError } = errorCodes;
  if (name === 'enablePush' && value > 1) throw new ConnectionError(protocolError, `ENABLE_PUSH of ${value}`);
  if (name === 'initialWindowSize' && value > maxInt31) {
    throw new ConnectionError(flowControlError, `INITIAL_WINDOW_SIZE of ${value}`);
  }
  if (name === 'maxFrameSize' && (value < maxPayloadBytes || value >= 2 ** 24)) {
    throw new ConnectionError(protocolError, `MAX_FRAME_SIZE of ${value}`);
  }
}

/** As the payload of a frame. */
export function writeSettings(settings: Settings): Buffer {
  const entries = Object.entries(settings) as [Name, number][];
  const payload = Buffer.alloc(entries.length * entryBytes);
  for (const [index, [name, value]] of entries.entries()) {
    payload.writeUInt16BE(identifiers[name], index * entryBytes);
    payload.writeUInt32BE(value, index * entryBytes + 2);
  }
  return payload;
}
