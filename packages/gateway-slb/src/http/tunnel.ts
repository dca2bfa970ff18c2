import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import { type Socket, connect } from 'node:net';
import type { Caller, Lease, RefusedError, Waiter } from '@ebb/activator';
import { messageOf } from '@ebb/base';
import type { Forward } from '@ebb/router';
import httpProxy from 'http-proxy';
import { connectTimeoutMs } from '../upstream/call.ts';
import type { Connection, Passenger } from './connection.ts';
import { type DataPlane, type RevisionSettings, reconnectMs } from './data-plane.ts';
import type { Dated } from './deadlines.ts';
import { type Refusal, refusalOf, refusals, refuseOnSocket } from './refusal.ts';
import type { RequestHead } from './request-head.ts';
import { readResponseHead } from './response-head.ts';
import { deadlineOf } from './timeouts.ts';
import { upstreamHeaders } from './upstream-headers.ts';

export interface TunnelStart {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** Bytes the client has sent behind the request. */
  readonly firstBytes: Buffer;
  readonly connection: Connection;
  readonly head: RequestHead;
  readonly path: string;
  readonly forward: Forward;
}

/** What a client may send before there is anyone to take it; then it is no longer read. */
const maxEarlyBytes = 64 * 1024;

const proxy = createProxy();

/**
 * One upgraded connection: waits for an instance, shakes hands through http-proxy, and holds its slot until both sides have
 * closed. Timers as in data-path.md, section 8.3: the total always applies, the start ends with the first byte after the
 * 101, and bytes either way put off the idle one.
 */
export class Tunnel implements Caller, Dated, Passenger {
  slot: Set<Dated> | undefined;
  readonly #plane: DataPlane;
  readonly #start: TunnelStart;
  readonly #settings: RevisionSettings;
  readonly #arrivedAt: number;
  readonly #headers: string[];
  #phase: 'waiting' | 'connecting' | 'open' | 'over' = 'waiting';
  #waiter: Waiter | undefined;
  #lease: Lease | undefined;
  #upstream: Socket | undefined;
  #retryUntil: number | undefined;
  #bytesSeen = 0;
  #lastByteAt: number | undefined;
  /** Bytes the client has sent since, while nobody took them. */
  readonly #early: Buffer[] = [];
  /** Bytes of the instance up to the end of the handshake. */
  #handshakeBytes: number | undefined;

  constructor(plane: DataPlane, start: TunnelStart) {
    this.#plane = plane;
    this.#start = start;
    this.#settings = plane.settingsOf(start.forward.revisionKey);
    this.#arrivedAt = plane.clock.now();
    this.#headers = upstreamHeaders(start.head, start.forward, { address: start.connection.peer, proto: 'http' });
    start.connection.passengers.add(this);
    // A socket that nobody reads does not notice that its client has left.
    start.socket.on('data', this.#keepEarly).once('end', this.#onEarlyEnd);
    start.socket.on('error', () => start.socket.destroy()); // its `close` ends the tunnel
    plane.deadlines.set(this, this.#deadline());
  }

  begin(again = false): void {
    this.#phase = 'waiting';
    try {
      const entered = this.#plane.activator.enter(this.#start.forward.revisionKey, this, again);
      if ('cancel' in entered) this.#waiter = entered;
      else this.granted(entered);
    } catch (error) {
      const reason = error instanceof Error && 'reason' in error ? String(error.reason) : 'closing';
      this.#refuse(refusalOf({ reason, message: messageOf(error) }));
    }
  }

  granted(lease: Lease): void {
    this.#waiter = undefined;
    this.#lease = lease;
    this.#phase = 'connecting';
    const { host, port } = lease.address;
    const upstream = connect({ host, port, noDelay: true, timeout: connectTimeoutMs });
    this.#upstream = upstream;
    upstream.once('connect', () => this.#connected(upstream));
    upstream.once('timeout', () => upstream.destroy(new Error('no connection in time')));
    upstream.on('error', (error) => this.#upstreamFailed(upstream, error));
    upstream.once('close', () => this.#upstreamClosed(upstream));
  }

  refused(error: RefusedError): void {
    this.#waiter = undefined;
    this.#refuse(refusalOf(error));
  }

  clientGone(): void {
    if (this.#phase !== 'over') this.#finish();
  }

  due(nowMs: number): number | undefined {
    if (this.#phase === 'over') return undefined;
    this.#look(nowMs);
    const deadline = this.#deadline();
    if (nowMs < deadline) return deadline;
    if (this.#phase === 'open') this.#finish();
    else if (this.#phase === 'connecting') this.#refuse(refusals.timeout);
    else this.#refuse(this.#retryUntil === undefined ? refusals.timeoutWaiting : refusals.connectRefused);
    return undefined;
  }

  /** Counts bytes instead of listening to each, and so finds out about the last ones at most one idle time late. */
  #look(nowMs: number): void {
    const upstream = this.#upstream;
    if (!upstream || this.#phase !== 'open') return;
    const began = this.#handshakeBytes !== undefined && upstream.bytesRead > this.#handshakeBytes;
    const bytes = upstream.bytesRead + upstream.bytesWritten;
    if (began && bytes !== this.#bytesSeen) this.#lastByteAt = nowMs;
    this.#bytesSeen = bytes;
  }

  #deadline(): number {
    const deadline = deadlineOf(this.#settings, { arrivedAt: this.#arrivedAt, lastByteAt: this.#lastByteAt });
    return this.#phase === 'waiting' ? Math.min(deadline, this.#retryUntil ?? Infinity) : deadline;
  }

  #connected(upstream: Socket): void {
    upstream.setTimeout(0);
    if (this.#phase !== 'connecting') return void upstream.destroy();
    const { request, socket, firstBytes } = this.#start;
    socket.off('data', this.#keepEarly).off('end', this.#onEarlyEnd).pause();
    const sent = Buffer.concat([firstBytes, ...this.#early]);
    request.headers = asObject(this.#headers, this.#start.head.upgrade ?? '');
    const options = { target: { host: 'instance', port: 80 }, agent: new OneSocketAgent(upstream), toProxy: true };
    prepared.set(request, {
      path: this.#start.path,
      opened: () => this.#opened(upstream),
      failed: () => this.#handshakeFailed(),
    });
    proxy.ws(request, socket, sent, options, () => this.#handshakeFailed());
  }

  readonly #keepEarly = (bytes: Buffer): void => {
    this.#early.push(bytes);
    if (this.#early.reduce((sum, { length }) => sum + length, 0) > maxEarlyBytes) this.#start.socket.pause();
  };

  readonly #onEarlyEnd = (): void => this.#finish();

  #opened(upstream: Socket): void {
    this.#phase = 'open';
    this.#handshakeBytes = upstream.bytesRead;
    this.#lease?.responded();
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
    this.#release();
    refuseOnSocket(this.#start.socket, refusal);
  }

  #finish(): void {
    this.#release();
    this.#start.socket.destroy();
  }

  #release(): void {
    this.#phase = 'over';
    this.#plane.deadlines.drop(this);
    this.#start.connection.passengers.delete(this);
    this.#waiter?.cancel();
    this.#upstream?.destroy();
    this.#lease?.release();
    this.#waiter = this.#lease = undefined;
  }
}

/** Gives http-proxy the connection that has been made already, so that a refused one could be tried elsewhere first. */
class OneSocketAgent extends Agent {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    super({ keepAlive: false });
    this.#socket = socket;
  }

  override createConnection(): Socket {
    return this.#socket;
  }
}

/** What a tunnel wants done while http-proxy has its request. */
const prepared = new WeakMap<IncomingMessage, { path: string; opened(): void; failed(): void }>();

function createProxy(): httpProxy {
  const created = httpProxy.createProxyServer({});
  // Its own check lets nothing but WebSockets pass; any protocol may be upgraded to here.
  const passes = created as unknown as { wsPasses: { name: string }[] };
  passes.wsPasses = passes.wsPasses.filter(({ name }) => name !== 'checkMethodAndHeader');
  created.on('proxyReqWs', (out, request, socket) => prepareHandshake(out, request, socket as Socket));
  created.on('error', () => {}); // each call has its own handler; an `error` nobody hears would end the process
  return created;
}

function prepareHandshake(out: ClientRequest, request: IncomingMessage, socket: Socket): void {
  const tunnel = prepared.get(request);
  if (!tunnel) return;
  // http-proxy would fold double slashes.
  out.path = tunnel.path;
  out.once('upgrade', () => tunnel.opened());
  // Where the instance does not upgrade, http-proxy would announce chunks and then send none. Its listener comes after this.
  process.nextTick(() => {
    out.removeAllListeners('response').once('response', (answer: IncomingMessage) => {
      tunnel.opened();
      passAnswer(answer, socket);
    });
  });
}

/** Passes an ordinary answer to a client that asked for an upgrade, and closes. */
function passAnswer(answer: IncomingMessage, socket: Socket): void {
  const { headers } = readResponseHead(answer.rawHeaders);
  let head = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  socket.write(`${head}Connection: close\r\n\r\n`, 'latin1');
  answer.pipe(socket);
}

/** Headers as Node's parser makes them, for a library that knows no other; `Connection` and `Upgrade` are put back. */
function asObject(headers: readonly string[], upgrade: string): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] ?? '').toLowerCase();
    const value = headers[i + 1] ?? '';
    const before = object[name];
    if (before === undefined) object[name] = value;
    else if (name === 'cookie') object[name] = `${String(before)}; ${value}`;
    else object[name] = Array.isArray(before) ? [...before, value] : [before, value];
  }
  return { ...object, connection: 'Upgrade', upgrade };
}
