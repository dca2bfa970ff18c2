import type { Socket } from 'node:net';
import type { Address } from '@ebb/activator';
import type { Clock } from '@ebb/base';
import { safeMethods } from '../http/methods.ts';
import { type Call, type CallSink, type Upstream, type UpstreamRequest, systemFaults } from '../upstream/call.ts';
import { connectTo } from '../upstream/instance-socket.ts';
import { HeadMemory } from './head-memory.ts';
import { type CallChannel, InstanceCall } from './instance-call.ts';
import { headOf } from './request-writer.ts';
import type { ParsedResponse } from './response-parser.ts';
import { writeAround } from './write-around.ts';

/** The age of kept connections is counted in steps of so much: reading the clock for each request would cost more than it tells. */
const stepMs = 500;

/** Instances close idle connections after five seconds or more (Node's default); we are the first to do so, after four. */
const keptSteps = 8;

/**
 * A request that cannot be repeated is not sent on a connection that has been idle for longer than a second; nor on any that has been
 * used, once the instance has closed one sooner than that.
 */
const freshSteps = 2;

/** All connections read into it in turn: what a read brings is dealt with before the next. */
const readBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Connections to one instance. */
class Pool {
  /** Kept ones, the last used at the end. */
  readonly idle: Connection[] = [];
  /** It closes connections soon. */
  impatient = false;
}

/** HTTP/1.1 to instances, on connections that are kept a while, each with one request at a time. */
export class Http1Upstream implements Upstream {
  readonly #pools = new WeakMap<Address, Pool>();
  readonly #all = new Set<Connection>();
  readonly #stepping: Disposable;
  #steps = 0;

  constructor(clock: Pick<Clock, 'every'>) {
    this.#stepping = clock.every(stepMs, () => this.#step());
  }

  call(address: Address, request: UpstreamRequest, sink: CallSink): Call {
    const head = headOf(request);
    const pool = this.#poolOf(address);
    const connection = this.#take(pool, safeMethods.has(request.method) && !request.body) ?? this.#open(address, pool);
    return connection.call(head, request, sink);
  }

  /** Makes a connection, and keeps it for the next request. Rejects if it cannot be made, or the signal aborts first. */
  connect(address: Address, signal: AbortSignal): Promise<void> {
    return this.#open(address, this.#poolOf(address)).connected(signal);
  }

  [Symbol.dispose](): void {
    this.#stepping[Symbol.dispose]();
    for (const connection of this.#all) connection.destroy();
  }

  #poolOf(address: Address): Pool {
    const known = this.#pools.get(address);
    if (known) return known;
    const pool = new Pool();
    this.#pools.set(address, pool);
    return pool;
  }

  #take({ idle, impatient }: Pool, isRepeatable: boolean): Connection | undefined {
    const last = idle.at(-1);
    if (!last || !(isRepeatable || (!impatient && this.#isFresh(last)))) return undefined;
    idle.pop();
    return last;
  }

  #isFresh({ idleSince }: Connection): boolean {
    return this.#steps - idleSince < freshSteps;
  }

  #open(address: Address, pool: Pool): Connection {
    const connection = new Connection(address, {
      kept: () => {
        connection.idleSince = this.#steps;
        pool.idle.push(connection);
      },
      closed: (wasIdle) => {
        this.#all.delete(connection);
        if (wasIdle && connection.reused && this.#isFresh(connection)) pool.impatient = true;
        const index = pool.idle.indexOf(connection);
        if (index !== -1) pool.idle.splice(index, 1);
      },
    });
    this.#all.add(connection);
    return connection;
  }

  #step(): void {
    this.#steps++;
    for (const connection of this.#all) {
      if (connection.isIdle && this.#steps - connection.idleSince >= keptSteps) connection.destroy();
    }
  }
}

/** Is told what becomes of a connection. */
interface ConnectionOwner {
  kept(): void;
  /** @param wasIdle It was the instance that closed a kept connection. */
  closed(wasIdle: boolean): void;
}

class Connection implements CallChannel {
  idleSince = 0;
  reused = false;
  readonly lastHead = new HeadMemory<ParsedResponse>();
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  #call: InstanceCall | undefined;
  #connected = false;
  #gone = false;

  constructor(address: Address, owner: ConnectionOwner) {
    this.#owner = owner;
    const onread = { buffer: readBuffer, callback: (length: number): boolean => this.#read(length) };
    this.#socket = connectTo(address, { onread });
    this.#socket.once('connect', () => this.#opened());
    this.#socket.on('drain', () => this.#call?.drained());
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error) => this.#broken(error));
    this.#socket.on('close', () => this.#broken(new Error('the connection was closed')));
  }

  get isIdle(): boolean {
    return this.#call === undefined && !this.#gone;
  }

  call(head: string, request: UpstreamRequest, sink: CallSink): Call {
    const call = new InstanceCall(this, head, request, sink);
    this.#call = call;
    if (this.#connected) call.begin();
    return call;
  }

  /** To be called on one that has no call yet. */
  connected(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = (): void => this.#leave(false);
      signal.addEventListener('abort', give, { once: true });
      this.#socket.once('close', () => {
        signal.removeEventListener('abort', give);
        reject(new Error('no connection could be made'));
      });
      this.#socket.once('connect', () => {
        signal.removeEventListener('abort', give);
        // The instance may close it as it may close one that has been used.
        this.reused = true;
        this.#owner.kept();
        resolve();
      });
    });
  }

  write(text: string): boolean {
    return this.#socket.write(text, 'latin1');
  }

  writeBytes(before: string, bytes: Buffer, after: string): boolean {
    return writeAround(this.#socket, before, bytes, after);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  release(state: 'reusable' | 'spent' | 'stale'): void {
    this.#call = undefined;
    if (state !== 'reusable' || this.#gone) return this.#leave(state === 'stale');
    this.reused = true;
    this.#owner.kept();
  }

  destroy(): void {
    this.#leave(false);
  }

  #opened(): void {
    this.#connected = true;
    this.#call?.begin();
  }

  #read(length: number): boolean {
    // Nobody has asked: whoever asks next would get the wrong answer.
    if (!this.#call) this.#leave(false);
    else this.#call.take(readBuffer.subarray(0, length));
    return true;
  }

  #ended(): void {
    if (this.#call) this.#call.closed();
    else this.#leave(true);
  }

  #broken(error: Error): void {
    const call = this.#call;
    const code = 'code' in error ? String(error.code) : '';
    if (!call) this.#leave(true);
    else if (systemFaults.has(code)) call.failed('reset', error);
    else if (!this.#connected) call.failed('connect', error);
    else call.broken(error);
  }

  #leave(wasIdle: boolean): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#owner.closed(wasIdle);
    this.#socket.destroy();
  }
}
