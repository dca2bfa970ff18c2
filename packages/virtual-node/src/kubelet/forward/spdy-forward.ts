import type { Duplex, Writable } from 'node:stream';
import type { Clock } from '@ebb/base';
import type { SpdyConnection } from '../spdy/connection.ts';
import type { SpdyStream } from '../spdy/stream.ts';
import { type Upgrade, acceptSpdy } from '../upgrade.ts';

/** Makes one connection to a port of a pod, by a client's pair of streams. Never rejects. */
export type Forward = (port: number, data: Duplex, error: Writable) => Promise<void>;

/** The one version there is. */
export const forwardProtocol = 'portforward.k8s.io';

/** How long a client may take to open the second stream of a pair. */
const pairMs = 30_000;

/** Serves a client that speaks SPDY until it leaves. Throws `HttpError`. */
export function serveSpdyForward(upgrade: Upgrade, forward: Forward, clock: Clock): Promise<void> {
  const pairs = new Pairs(forward, clock);
  const { connection } = acceptSpdy(upgrade, {
    protocols: [forwardProtocol],
    clock,
    onStream: (stream) => pairs.add(stream),
  });
  return serve(connection, pairs);
}

/** Never rejects. */
export async function serve(connection: SpdyConnection, pairs: Pairs): Promise<void> {
  await connection.run();
  pairs[Symbol.dispose]();
}

interface Pair {
  readonly data?: SpdyStream;
  readonly error?: SpdyStream;
  readonly late: Disposable;
}

/** Streams that belong together, by the request they name: one for bytes, one for what goes wrong. */
export class Pairs implements Disposable {
  readonly #forward: Forward;
  readonly #clock: Clock;
  readonly #halves = new Map<string, Pair>();

  constructor(forward: Forward, clock: Clock) {
    this.#forward = forward;
    this.#clock = clock;
  }

  /** Takes a stream; a connection is made when its pair is complete. One that makes no sense is reset. */
  add(stream: SpdyStream): void {
    const type = stream.headers.get('streamtype');
    const port = Number(stream.headers.get('port'));
    const isPort = Number.isInteger(port) && port > 0 && port < 65_536;
    if ((type !== 'data' && type !== 'error') || !isPort) return void stream.destroy();
    const key = requestOf(stream, type);
    const half = this.#halves.get(key);
    if (half?.[type]) return void stream.destroy();
    const late = half?.late ?? this.#clock.after(pairMs, () => this.#giveUp(key));
    const pair: Pair = { ...half, late, ...(type === 'data' ? { data: stream } : { error: stream }) };
    const { data, error } = pair;
    if (!data || !error) return void this.#halves.set(key, pair);
    late[Symbol.dispose]();
    this.#halves.delete(key);
    error.resume();
    // Never rejects.
    void this.#forward(port, data, error);
  }

  [Symbol.dispose](): void {
    for (const { late } of this.#halves.values()) late[Symbol.dispose]();
    this.#halves.clear();
  }

  #giveUp(key: string): void {
    const { data, error } = this.#halves.get(key) ?? {};
    this.#halves.delete(key);
    for (const stream of [data, error]) stream?.destroy();
  }
}

/** Old clients name no request: theirs open the stream for errors first, and the other one right after it. */
function requestOf({ id, headers }: SpdyStream, type: 'data' | 'error'): string {
  return headers.get('requestid') ?? `stream ${type === 'error' ? id : id - 2}`;
}
