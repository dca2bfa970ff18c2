import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { eventually } from '@ebb/base/testing';
import { HpackDecoder } from '../src/hpack/hpack-decoder.ts';

/** With what a client begins. */
export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
  unknown: 0xef,
} as const;

export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** A frame, which need not make sense. `flags` defaults to 0, `payload` to nothing. */
export function frame(
  type: keyof typeof types,
  id: number,
  more: { readonly flags?: number; readonly payload?: Buffer | string } = {},
): Buffer {
  const given = more.payload ?? '';
  const payload = typeof given === 'string' ? Buffer.from(given, 'latin1') : given;
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(types[type], 3);
  head.writeUInt8(more.flags ?? 0, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

/** Numbers of 32 bits. */
export function words(...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * index);
  return bytes;
}

/** The payload of SETTINGS. */
export function settings(...entries: readonly (readonly [identifier: number, value: number])[]): Buffer {
  const bytes = Buffer.alloc(6 * entries.length);
  for (const [index, [identifier, value]] of entries.entries()) {
    bytes.writeUInt16BE(identifier, 6 * index);
    bytes.writeUInt32BE(value, 6 * index + 2);
  }
  return bytes;
}

/** A field block of literals, whatever they hold. */
export function fieldBlock(list: readonly string[]): Buffer {
  const parts = list.flatMap((text, index) => [...(index % 2 === 0 ? [Buffer.of(0)] : []), literal(text)]);
  return Buffer.concat(parts);
}

function literal(text: string): Buffer {
  const length: number[] = [];
  if (text.length < 0x7f) length.push(text.length);
  else {
    length.push(0x7f);
    let rest = text.length - 0x7f;
    for (; rest >= 0x80; rest >>= 7) length.push((rest & 0x7f) | 0x80);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), Buffer.from(text, 'latin1')]);
}

/** A frame that has come. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** Takes bytes in whatever pieces they come, and passes on the frames in them. */
export function readFrames(take: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      take({ type: rest[3] ?? 0, flags: rest[4] ?? 0, id: rest.readUInt32BE(5), payload: rest.subarray(9, end) });
      rest = rest.subarray(end);
    }
  };
}

/** How a stream ended: with the status of an answer that came whole, by a reset, or with the connection. */
export type Outcome = number | 'reset' | 'closed';

/** A client that sends just the frames it is told. Settings of the other side it acknowledges. */
export interface RawHttp2Client extends AsyncDisposable {
  readonly socket: Socket;
  readonly ended: () => boolean;
  send(...frames: (Buffer | string)[]): void;
  /** Sends the frames of `round`, and again, until the other side closes or so many bytes were sent. Returns how many. */
  flood(round: (turn: number) => Buffer, maxBytes: number): Promise<number>;
  outcomeOf(id: number): Promise<Outcome>;
  /** A reset has come for a stream, perhaps after an answer. */
  wasReset(id: number): boolean;
  /** The body that came on a stream. */
  bodyOf(id: number): string;
  /** From now on opens both windows by so many bytes, again and again, as data come. */
  openWindowsBy(bytes: number): void;
  /** Waits until the other side has taken all that was sent. False if it closes instead. */
  isHeard(): Promise<boolean>;
  /** Waits until the other side closes. */
  ends(): Promise<true>;
}

/** What is sent with the preface: nothing else is needed to begin. */
export const beginning: Buffer = Buffer.concat([Buffer.from(preface), frame('settings', 0)]);

const mark = 'is heard';

/** Opens a connection, over TLS if a name is given, which begins with these bytes. */
export async function openRawHttp2Client(
  { port, servername }: { readonly port: number; readonly servername?: string | undefined },
  begin: Buffer | string = beginning,
): Promise<RawHttp2Client> {
  const where = { port, host: '127.0.0.1' };
  const socket = servername
    ? connectTls({ ...where, servername, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
    : connect(where);
  let ended = false;
  let heard = 0;
  let step = Infinity;
  const decoder = new HpackDecoder();
  const resets = new Set<number>();
  const streams = new Map<number, { status: number; outcome?: Outcome; body: string }>();
  const take = ({ type, flags: bits, id, payload }: Frame): void => {
    if (type === types.settings && (bits & flags.ack) === 0) socket.write(frame('settings', 0, { flags: flags.ack }));
    if (type === types.ping && payload.toString('latin1') === mark) heard++;
    if (id === 0) return;
    const stream = streams.get(id) ?? { status: 0, body: '' };
    streams.set(id, stream);
    if (type === types.headers) {
      const [name, status] = decoder.decode(payload, 65_536) ?? [];
      if (name === ':status') stream.status = Number(status);
    }
    if (type === types.data) {
      stream.body += payload.toString('latin1');
      const opened = { payload: words(Math.min(step, 2 ** 31 - 1)) };
      for (let at = 0; at < payload.length && step < Infinity; at += step) {
        socket.write(Buffer.concat([frame('window', 0, opened), frame('window', id, opened)]));
      }
    }
    if (type === types.reset) {
      stream.outcome ??= 'reset';
      resets.add(id);
    }
    if ((type === types.data || type === types.headers) && (bits & flags.endStream) !== 0) {
      stream.outcome ??= stream.status;
    }
  };
  socket.on('data', readFrames(take));
  for (const event of ['error', 'end', 'close']) socket.on(event, () => (ended = true));
  await once(socket, servername ? 'secureConnect' : 'connect');
  const send = (...frames: (Buffer | string)[]): void => {
    for (const bytes of frames) socket.write(bytes, 'latin1');
  };
  send(begin);
  return {
    socket,
    ended: () => ended,
    send,
    flood: async (round, maxBytes) => {
      let sent = 0;
      for (let turn = 0; sent < maxBytes && !ended; turn++) {
        const bytes = round(turn);
        sent += bytes.length;
        socket.write(bytes);
        await setImmediate();
        await eventually(() => ended || socket.writableLength < 65_536, { what: 'taking a flood' });
      }
      return sent;
    },
    outcomeOf: async (id) => {
      await eventually(() => ended || streams.get(id)?.outcome !== undefined, { what: `the end of stream ${id}` });
      return streams.get(id)?.outcome ?? 'closed';
    },
    wasReset: (id) => resets.has(id),
    bodyOf: (id) => streams.get(id)?.body ?? '',
    openWindowsBy: (bytes) => void (step = bytes),
    isHeard: async () => {
      const before = heard;
      socket.write(frame('ping', 0, { payload: mark }));
      await eventually(() => ended || heard > before, { what: 'an answer to a ping' });
      return !ended;
    },
    ends: () => eventually(() => ended, { what: 'the end of the connection' }),
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await Promise.resolve();
    },
  };
}
