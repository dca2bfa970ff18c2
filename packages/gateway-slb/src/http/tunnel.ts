import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Caller, Lease, RefusedError, Waiter } from '@ebb/activator';
import { messageOf } from '@ebb/base';
import type { Forward } from '@ebb/router';
import type { Binding } from '../duties/affinity.ts';
import type { RequestWatcher } from '../duties/request-watcher.ts';
import { connectTo } from '../upstream/instance-socket.ts';
import { ByteQueue } from './byte-queue.ts';
import { type DataPlane, type RevisionSettings, reconnectMs } from './data-plane.ts';
import type { Dated, DatedPlace } from './deadlines.ts';
import type { Peer, ResponseHead } from './downstream.ts';
import { type InstanceAnswer, shakeHands } from './handshake.ts';
import { type Refusal, refusalOf, refusals, waitedOut, refuseOnSocket } from './refusal.ts';
import type { RequestHead } from './request-head.ts';
import { coldStartHeaders } from './server-timing.ts';
import { clientGone } from './status.ts';
import { takeTurn, waitOf } from './take-turn.ts';
import { type Wait, deadlineOf, waitDeadlineOf } from './timeouts.ts';
import { upstreamHeaders } from './upstream-headers.ts';

export interface TunnelStart {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** Bytes the client has sent behind the request. */
  readonly firstBytes: Buffer;
  readonly peer: Peer;
  readonly head: RequestHead;
  readonly path: string;
  readonly forward: Forward;
  /** The instance the client is to come back to. */
  readonly binding?: Binding | undefined;
  /** Told what becomes of it. */
  readonly watcher?: RequestWatcher | undefined;
}

/** What a client may send before there is anyone to take it; then it is no longer read. */
const maxEarlyBytes = 64 * 1024;

/** Where silence is limited, bytes are looked for so often within the limit: by that part of it a silence may be taken for shorter than it is. */
const looksPerSilence = 10;

/**
 * One upgraded connection: waits for an instance, shakes hands through http-proxy, and holds its slot until both sides have
 * closed. Timers as in data-path.md, section 8.3: the total always applies, the start ends with the first byte after the
 * 101, and bytes either way put off the idle one.
 */
export class Tunnel implements Caller, Dated {
  place: DatedPlace | undefined;
  readonly #plane: DataPlane;
  readonly #start: TunnelStart;
  readonly #settings: RevisionSettings;
  readonly #arrivedAt: number;
  #phase: 'waiting' | 'connecting' | 'open' | 'over' = 'waiting';
  #waiter: Waiter | undefined;
  #lease: Lease | undefined;
  /** The request had to wait for an instance. */
  #coldStart = false;
  /** Headers the instance is sent in place of the client's. */
  #replaced: readonly string[] | undefined;
  #upstream: Socket | undefined;
  #retryUntil: number | undefined;
  #bytesSeen = 0;
  #lookedAt = 0;
  #lastByteAt: number | undefined;
  #endedAt: number | undefined;
  /** Bytes the client has sent since, while nobody took them. */
  readonly #early = new ByteQueue();
  /** Bytes the instance has sent since the handshake; undefined before its end. */
  #received: (() => number) | undefined;
  /** Bytes it was sent up to then. */
  #handshakeBytes = 0;
  #status = clientGone;

  constructor(plane: DataPlane, start: TunnelStart) {
    this.#plane = plane;
    this.#start = start;
    this.#settings = plane.settingsOf(start.forward.revisionKey, start.peer.listener);
    this.#arrivedAt = plane.clock.now();
    start.socket.once('close', this.#onClose);
    // A socket that nobody reads does not notice that its client has left.
    start.socket.on('data', this.#keepEarly).once('end', this.#onEarlyEnd);
    start.socket.on('error', () => start.socket.destroy()); // its `close` ends the tunnel
    plane.deadlines.set(this, this.#deadline());
  }

  begin(again = false): void {
    this.#phase = 'waiting';
    const waiter = takeTurn(this.#plane, this.#start.forward.revisionKey, this, again);
    // Without a place in line, the instance may have failed by now and the request wait anew.
    if (waiter) this.#waiter = waiter;
  }

  get prefers(): Caller['prefers'] {
    return this.#start.binding?.prefers;
  }

  granted(lease: Lease): void {
    this.#waiter = undefined;
    this.#lease = lease;
    this.#phase = 'connecting';
    if (lease.waited) this.#coldStart = true;
    this.#start.binding?.chosen(lease.podName);
    this.#replaced = this.#start.watcher?.assigned(this.#start.forward.revisionKey, lease);
    const upstream = connectTo(lease.address);
    this.#upstream = upstream;
    upstream.once('connect', () => this.#connected(upstream));
    upstream.on('error', (error) => this.#upstreamFailed(upstream, error));
    upstream.once('close', () => this.#upstreamClosed(upstream));
  }

  refused(error: RefusedError): void {
    this.#waiter = undefined;
    this.#refuse(refusalOf(error));
  }

  due(nowMs: number): number | undefined {
    if (this.#phase === 'over') return undefined;
    this.#look(nowMs);
    const deadline = this.#deadline();
    if (nowMs < deadline) return deadline;
    if (this.#phase === 'open') this.#finish();
    else if (this.#phase === 'connecting') this.#refuse(refusals.timeout);
    else this.#refuse(waitedOut(this.#settings, this.#wait(), nowMs));
    return undefined;
  }

  /** Counts bytes now and then instead of listening to each. */
  #look(nowMs: number): void {
    const upstream = this.#upstream;
    if (!upstream || this.#phase !== 'open') return;
    this.#lookedAt = nowMs;
    const began = this.#received !== undefined && this.#received() > 0;
    const bytes = upstream.bytesRead + upstream.bytesWritten;
    if (began && bytes !== this.#bytesSeen) this.#lastByteAt = nowMs;
    this.#bytesSeen = bytes;
  }

  #wait(): Wait {
    const asked = { arrivedAt: this.#arrivedAt, retryUntil: this.#retryUntil };
    return waitOf(this.#plane, this.#start.forward.revisionKey, asked);
  }

  #deadline(): number {
    if (this.#phase === 'waiting') return waitDeadlineOf(this.#settings, this.#wait());
    const isUpgraded = this.#phase === 'open';
    const progress = { arrivedAt: this.#arrivedAt, lastByteAt: this.#lastByteAt, isUpgraded, endedAt: this.#endedAt };
    const deadline = deadlineOf(this.#settings, progress);
    const { idleMs } = this.#settings;
    if (idleMs === undefined || !isUpgraded) return deadline;
    return Math.min(deadline, this.#lookedAt + idleMs / looksPerSilence);
  }

  #connected(upstream: Socket): void {
    if (this.#phase !== 'connecting') return void upstream.destroy();
    const { request, socket, firstBytes } = this.#start;
    socket.off('data', this.#keepEarly).off('end', this.#onEarlyEnd).pause();
    const early = [firstBytes];
    while (this.#early.length > 0) early.push(this.#early.take(this.#early.length));
    const sent = Buffer.concat(early);
    const { path, head, forward, peer } = this.#start;
    const headers = upstreamHeaders(head, forward, peer, this.#replaced).list();
    shakeHands(
      { request, socket, firstBytes: sent, upstream, path, headers, protocol: head.upgrade ?? '' },
      {
        headersFor: (answer) => this.#headersFor(answer),
        opened: (answer) => this.#opened(upstream, answer),
        failed: () => this.#handshakeFailed(),
      },
    );
  }

  #headersFor(answer: ResponseHead): readonly string[] {
    const { binding } = this.#start;
    const { headers } = binding?.answer(answer) ?? answer;
    const waited = { lease: this.#lease, arrivedAt: this.#arrivedAt, now: this.#plane.clock.now() };
    const wait = this.#coldStart ? coldStartHeaders(waited, this.#settings.serverTiming) : [];
    return [...headers.list(), ...wait, ...(binding?.headers() ?? [])];
  }

  readonly #keepEarly = (bytes: Buffer): void => {
    this.#early.push(bytes);
    if (this.#early.length > maxEarlyBytes) this.#start.socket.pause();
  };

  readonly #onClose = (): void => {
    if (this.#phase !== 'over') this.#finish();
  };

  readonly #onEarlyEnd = (): void => this.#finish();

  #opened(upstream: Socket, { status, received }: InstanceAnswer): void {
    this.#phase = 'open';
    this.#status = status;
    this.#received = received;
    this.#handshakeBytes = upstream.bytesWritten;
    this.#lease?.responded();
    this.#lookAgain();
    for (const side of [this.#start.socket, upstream]) side.once('end', () => this.#sideEnded());
  }

  /** Whether that side has closed altogether cannot be seen until something is written to it. */
  #sideEnded(): void {
    if (this.#phase !== 'open') return;
    this.#endedAt ??= this.#plane.clock.now();
    this.#lookAgain();
  }

  #lookAgain(): void {
    this.#look(this.#plane.clock.now());
    this.#plane.deadlines.set(this, this.#deadline());
  }

  #handshakeFailed(): void {
    if (this.#phase === 'connecting') this.#refuse(refusals.upstreamReset);
  }

  #upstreamFailed(upstream: Socket, error: Error): void {
    this.#plane.logger.debug({ pod: this.#lease?.podName, error: messageOf(error) }, 'tunnel failed');
    const reached = !upstream.connecting && upstream.bytesWritten > 0;
    if (this.#phase !== 'connecting' || reached || upstream !== this.#upstream) return;
    this.#upstream = undefined;
    this.#retryUntil ??= this.#plane.clock.now() + reconnectMs;
    this.#lease?.connectFailed();
    this.#lease = undefined;
    this.begin(true);
    if (this.#waiter) this.#plane.deadlines.set(this, this.#deadline());
  }

  #upstreamClosed(upstream: Socket): void {
    if (upstream !== this.#upstream || this.#phase === 'over') return;
    if (this.#phase === 'connecting') return this.#refuse(refusals.upstreamReset);
    // What the instance said last still goes out.
    this.#release();
    this.#start.socket.destroySoon();
  }

  #refuse(refusal: Refusal): void {
    this.#status = refusal.status;
    this.#release();
    refuseOnSocket(this.#start.socket, refusal);
  }

  #finish(): void {
    this.#release();
    this.#start.socket.destroy();
  }

  #release(): void {
    if (this.#phase !== 'over') {
      const { metrics, clock } = this.#plane;
      const status = this.#status;
      const requestBytes = this.#received ? (this.#upstream?.bytesWritten ?? 0) - this.#handshakeBytes : 0;
      const responseBytes = this.#received?.() ?? 0;
      const durationMs = clock.now() - this.#arrivedAt;
      metrics?.observe(this.#start.forward.revisionKey, { status, durationMs, requestBytes, responseBytes });
      this.#start.watcher?.ended({ status, requestBytes, responseBytes });
    }
    this.#phase = 'over';
    this.#plane.deadlines.drop(this);
    this.#waiter?.cancel();
    this.#upstream?.destroy();
    this.#lease?.release();
    this.#waiter = this.#lease = undefined;
  }
}
