import type { Socket } from 'node:net';
import type { Dated, DatedPlace, Deadlines } from '../http/deadlines.ts';
import { type ProxySource, parseProxyHeader } from './proxy-protocol.ts';

/** What is known of a connection before a byte of HTTP was read. */
export interface Arrival {
  /** The connection itself, below TLS. */
  readonly bare: Socket;
  /** The client's address, IPv4 ones without IPv6's prefix. */
  readonly peer: string;
  /** The client's port. */
  readonly port: number | undefined;
  readonly proto: 'http' | 'https';
}

/** Gets each connection on which HTTP can begin. */
export interface EdgeHandlers {
  http1(socket: Socket, arrival: Arrival): void;
  http2(socket: Socket, arrival: Arrival): void;
}

/** With what HTTP/2 begins (RFC 9113, section 3.4). */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Whether the first bytes of a connection are those of HTTP/2; undefined if more of them must tell. */
function isHttp2(bytes: Buffer): boolean | undefined {
  const length = Math.min(bytes.length, preface.length);
  if (bytes.compare(preface, 0, length, 0, length) !== 0) return false;
  return length === preface.length || undefined;
}

/** What is made of the bytes a connection has begun with: undefined asks for more. */
type Reader<T> = (bytes: Buffer) => { readonly found: T; readonly length: number } | undefined;

/**
 * Reads the first bytes of a connection until they tell something; the rest is put back. A connection that takes too long, or
 * ends before, is closed.
 */
class FirstBytes<T> implements Dated {
  place: DatedPlace | undefined;
  readonly #socket: Socket;
  readonly #reader: Reader<T>;
  readonly #deadlines: Deadlines;
  readonly #done: (found: T) => void;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, reader: Reader<T>, { deadlines, untilMs }: Patience, done: (found: T) => void) {
    this.#socket = socket;
    this.#reader = reader;
    this.#deadlines = deadlines;
    this.#done = done;
    socket.on('readable', this.#read).once('close', this.#close).once('end', this.#end);
    deadlines.set(this, untilMs);
  }

  due(): undefined {
    this.#socket.destroy();
  }

  readonly #read = (): void => {
    const bytes: Buffer | null = this.#socket.read();
    if (bytes === null) return;
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    const read = this.#reader(this.#bytes);
    if (read === undefined) return;
    this.#close();
    if (read.length < this.#bytes.length) this.#socket.unshift(this.#bytes.subarray(read.length));
    this.#done(read.found);
  };

  readonly #end = (): void => void this.#socket.destroy();

  readonly #close = (): void => {
    this.#deadlines.drop(this);
    this.#socket.off('readable', this.#read).off('close', this.#close).off('end', this.#end);
  };
}

/** How long a client may take. */
export interface Patience {
  readonly deadlines: Deadlines;
  /** Milliseconds since the epoch. */
  readonly untilMs: number;
}

/** What a load balancer says of a connection; `undefined` if it does not know, `none` if it has not said anything and need not, else `invalid`. */
type ProxyWord = ProxySource | undefined | 'none' | 'invalid';

/** Calls back with what the load balancer in front says of a connection, once it has said so. */
export function readProxyHeader(
  socket: Socket,
  { isOptional, ...patience }: Patience & { readonly isOptional: boolean },
  done: (word: ProxyWord) => void,
): void {
  const reader: Reader<ProxyWord> = (bytes) => {
    const header = parseProxyHeader(bytes);
    if (header.kind === 'header') return { found: header.source, length: header.length };
    if (header.kind === 'incomplete') return undefined;
    return { found: isOptional ? 'none' : 'invalid', length: 0 };
  };
  new FirstBytes(socket, reader, patience, done);
}

/** Calls back with the version of HTTP that a client speaks, as its first bytes tell. */
export function detectVersion(socket: Socket, patience: Patience, done: (version: 'http1' | 'http2') => void): void {
  const reader: Reader<'http1' | 'http2'> = (bytes) => {
    const http2 = isHttp2(bytes);
    return http2 === undefined ? undefined : { found: http2 ? 'http2' : 'http1', length: 0 };
  };
  new FirstBytes(socket, reader, patience, done);
}
