/** A TLS 1.2 ClientHello, whose answer comes in the clear, made by hand: libraries refuse to say what attackers do. */
export interface HelloParts {
  /** Bytes of the name in SNI; undefined for no SNI. */
  readonly name?: Buffer | undefined;
  /** Kind of the name; 0 is a host. */
  readonly nameType?: number;
  /** Protocols offered by ALPN; undefined for none. */
  readonly alpn?: readonly string[] | undefined;
  /** `[major, minor]` of the newest version offered. */
  readonly version?: readonly [number, number];
}

const uint8 = (value: number): Buffer => Buffer.from([value]);
const uint16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const vector8 = (bytes: Buffer): Buffer => Buffer.concat([uint8(bytes.length), bytes]);
const vector16 = (bytes: Buffer): Buffer => Buffer.concat([uint16(bytes.length), bytes]);
const extension = (type: number, body: Buffer): Buffer => Buffer.concat([uint16(type), vector16(body)]);

/** ECDHE with ECDSA and AES-GCM, and what old versions have. */
const ciphers = [0xc02b, 0xc02c, 0xc009, 0xc00a];

export function clientHello({ name, nameType = 0, alpn, version = [3, 3] }: HelloParts): Buffer {
  const extensions = [
    ...(name ? [extension(0, vector16(Buffer.concat([uint8(nameType), vector16(name)])))] : []),
    extension(10, vector16(Buffer.concat([uint16(0x1d), uint16(0x17)]))),
    extension(11, vector8(uint8(0))),
    extension(13, vector16(Buffer.concat([uint16(0x0403), uint16(0x0804), uint16(0x0203)]))),
    ...(alpn ? [extension(16, vector16(Buffer.concat(alpn.map((each) => vector8(Buffer.from(each))))))] : []),
  ];
  const body = Buffer.concat([
    Buffer.from(version),
    Buffer.alloc(32, 7),
    vector8(Buffer.alloc(0)),
    vector16(Buffer.concat(ciphers.map(uint16))),
    vector8(uint8(0)),
    vector16(Buffer.concat(extensions)),
  ]);
  const message = Buffer.concat([uint8(1), uint8(0), uint16(body.length), body]);
  return Buffer.concat([uint8(22), Buffer.from([3, 1]), vector16(message)]);
}

/** What a server has answered first: a hello, or the number of an alert. */
export function readAnswer(bytes: Buffer): 'hello' | 'nothing' | number {
  if (bytes.length === 0) return 'nothing';
  return bytes[0] === 22 && bytes[5] === 2 ? 'hello' : bytes[0] === 21 ? (bytes[6] ?? 0) : 'nothing';
}
