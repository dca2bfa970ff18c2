/** A frame of SPDY/3.1, as far as streams of Kubernetes use them. Header blocks are still compressed. */
export type SpdyFrame =
  | { readonly type: 'data'; readonly streamId: number; readonly data: Buffer; readonly fin: boolean }
  | { readonly type: 'synStream'; readonly streamId: number; readonly block: Buffer; readonly fin: boolean }
  | { readonly type: 'synReply' | 'headers'; readonly streamId: number; readonly block: Buffer; readonly fin: boolean }
  | { readonly type: 'rstStream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway'; readonly lastStreamId: number; readonly status: number }
  | { readonly type: 'settings' }
  | { readonly type: 'windowUpdate'; readonly streamId: number; readonly delta: number };

/** Reasons to end a stream. */
export const rstStatus = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5, internalError: 6 } as const;

/** What came is no SPDY/3.1; the connection cannot go on. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

const types = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

const headBytes = 8;
const version = 3;
const finFlag = 1;
/** A control frame is held whole; headers of Kubernetes are some hundred bytes. */
const maxControlBytes = 64 * 1024;
const low31 = 0x7fff_ffff;

/**
 * Cuts bytes into frames, wherever the network cut them. Data is handed on as it comes, in as many pieces as it takes, so that
 * no more than one control frame is ever held.
 */
export class FrameParser {
  #rest: Buffer = Buffer.alloc(0);
  /** The data frame whose bytes are under way. */
  #data: { readonly streamId: number; readonly fin: boolean; left: number } | undefined;

  /** Throws `SpdyError`. */
  *parse(chunk: Buffer): Generator<SpdyFrame> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const frame = this.#data ? this.#takeData(this.#data) : this.#takeFrame();
      if (frame === undefined) return;
      if (frame !== 'more') yield frame;
    }
  }

  #takeFrame(): SpdyFrame | 'more' | undefined {
    if (this.#rest.length < headBytes) return undefined;
    const head = this.#rest.readUInt32BE(0);
    const flags = this.#rest.readUInt8(4);
    const length = this.#rest.readUIntBE(5, 3);
    if (head >>> 31 === 0) {
      this.#rest = this.#rest.subarray(headBytes);
      this.#data = { streamId: head & low31, fin: (flags & finFlag) !== 0, left: length };
      return this.#takeData(this.#data);
    }
    if (((head >>> 16) & 0x7fff) !== version) throw new SpdyError('a frame is of another version than SPDY/3');
    if (length > maxControlBytes) throw new SpdyError(`a control frame of ${length} bytes is too long`);
    if (this.#rest.length < headBytes + length) return undefined;
    const body = this.#rest.subarray(headBytes, headBytes + length);
    this.#rest = this.#rest.subarray(headBytes + length);
    return controlFrame(head & 0xffff, flags, body) ?? 'more';
  }

  #takeData(frame: { readonly streamId: number; readonly fin: boolean; left: number }): SpdyFrame | undefined {
    if (this.#rest.length === 0 && frame.left > 0) return undefined;
    const data = this.#rest.subarray(0, frame.left);
    this.#rest = this.#rest.subarray(data.length);
    frame.left -= data.length;
    if (frame.left === 0) this.#data = undefined;
    return { type: 'data', streamId: frame.streamId, data, fin: frame.fin && frame.left === 0 };
  }
}

/** Undefined for a type that is not known, which is passed over. */
function controlFrame(type: number, flags: number, body: Buffer): SpdyFrame | undefined {
  const fin = (flags & finFlag) !== 0;
  const number = (at: number): number => {
    if (body.length < at + 4) throw new SpdyError(`a control frame of type ${type} is too short`);
    return body.readUInt32BE(at);
  };
  switch (type) {
    case types.synStream:
      // After the stream it belongs to, its priority and a slot for a certificate.
      number(6);
      return { type: 'synStream', streamId: number(0) & low31, block: body.subarray(10), fin };
    case types.synReply:
      return { type: 'synReply', streamId: number(0) & low31, block: body.subarray(4), fin };
    case types.headers:
      return { type: 'headers', streamId: number(0) & low31, block: body.subarray(4), fin };
    case types.rstStream:
      return { type: 'rstStream', streamId: number(0) & low31, status: number(4) };
    case types.ping:
      return { type: 'ping', id: number(0) };
    case types.goAway:
      return { type: 'goAway', lastStreamId: number(0) & low31, status: number(4) };
    case types.settings:
      return { type: 'settings' };
    case types.windowUpdate:
      return { type: 'windowUpdate', streamId: number(0) & low31, delta: number(4) & low31 };
    default:
      return undefined;
  }
}

/** The head of a data frame, whose bytes follow it. */
export function dataHead(streamId: number, length: number, fin: boolean): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(streamId & low31, 0);
  head.writeUInt8(fin ? finFlag : 0, 4);
  head.writeUIntBE(length, 5, 3);
  return head;
}

export function synReplyFrame(streamId: number, block: Buffer): Buffer {
  return control(types.synReply, 0, [streamId], block);
}

export function rstFrame(streamId: number, status: number): Buffer {
  return control(types.rstStream, 0, [streamId, status]);
}

export function pingFrame(id: number): Buffer {
  return control(types.ping, 0, [id]);
}

export function goAwayFrame(lastStreamId: number): Buffer {
  return control(types.goAway, 0, [lastStreamId, 0]);
}

function control(type: number, flags: number, numbers: readonly number[], block: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(headBytes + numbers.length * 4);
  head.writeUInt32BE((0x8000_0000 | (version << 16) | type) >>> 0, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(numbers.length * 4 + block.length, 5, 3);
  for (const [index, number] of numbers.entries()) head.writeUInt32BE(number >>> 0, headBytes + index * 4);
  return Buffer.concat([head, block]);
}
