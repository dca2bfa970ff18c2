/** Types of frames (RFC 9113, section 6). */
export const frameTypes = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Flags of frames; which of them mean something depends on the type. */
export const flagBits = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** Why a stream or a connection ends (RFC 9113, section 7). */
export const errorCodes = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

/** With what a client begins (RFC 9113, section 3.4). */
export const clientPreface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Bytes before each frame's payload. */
export const frameHeadBytes = 9;

/** Most bytes of a payload: what is so before anybody says otherwise, and nobody here does. */
export const maxPayloadBytes = 16_384;

/** Windows before anybody says otherwise. */
export const defaultWindow = 65_535;

/** Of windows, stream identifiers, and increments. */
export const maxInt31: number = 2 ** 31 - 1;

/** The peer has broken a rule in a way that ends the connection. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: number;

  /** @param code See `errorCodes`. */
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The peer has broken a rule in a way that ends one stream. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly streamId: number;
  readonly code: number;

  constructor(streamId: number, code: number, message: string) {
    super(message);
    this.streamId = streamId;
    this.code = code;
  }
}
