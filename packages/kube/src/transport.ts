import { isDeepStrictEqual } from 'node:util';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { ClusterAccess, Credentials } from './credentials.ts';

/** Sockets for short calls; more calls at once than this wait their turn. */
const callConnections = 64;

/** Largest answer to a short call, in bytes. */
const maxAnswerBytes = 256 * 1024 * 1024;

const connectTimeoutMs = 10_000;

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, below the server's own base path. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/**
 * Sockets to one API server. Watches and log streams have sockets of their own, so that any number of them leaves room
 * for calls. New client certificates get new sockets; the old ones end with what is under way on them.
 */
export class Transport {
  readonly #access: ClusterAccess;
  #sockets: { readonly tls: Credentials['tls']; readonly calls: Dispatcher; readonly streams: Dispatcher } | undefined;
  #isClosed = false;

  constructor(access: ClusterAccess) {
    this.#access = access;
  }

  /** Sends a request whose answer is read at once. */
  call(request: Request): Promise<Dispatcher.ResponseData> {
    return this.#send('calls', request, 0);
  }

  /** Sends a request whose answer goes on; it breaks off after `idleTimeoutMs` (0: never) without a byte. */
  stream(request: Request, idleTimeoutMs: number): Promise<Dispatcher.ResponseData> {
    return this.#send('streams', request, idleTimeoutMs);
  }

  /** Ends all sockets, breaking off what is under way, and opens none any more: requests reject. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const sockets = this.#sockets;
    this.#sockets = undefined;
    await Promise.all([sockets?.calls.destroy(), sockets?.streams.destroy()]);
  }

  async #send(kind: 'calls' | 'streams', request: Request, bodyTimeout: number): Promise<Dispatcher.ResponseData> {
    const { server } = this.#access;
    const { headers, tls } = await this.#access.credentials();
    request.signal.throwIfAborted();
    if (this.#isClosed) throw new Error('the client has been closed');
    const response = await this.#socketsFor(tls)[kind].request({
      origin: server.origin,
      path: server.pathname.replace(/\/$/, '') + request.path,
      method: request.method,
      headers: { ...headers, ...request.headers },
      body: request.body ?? null,
      signal: request.signal,
      headersTimeout: 0, // the signal bounds it
      bodyTimeout,
    });
    if (response.statusCode === 401) this.#access.forget();
    return response;
  }

  #socketsFor(tls: Credentials['tls']): { readonly calls: Dispatcher; readonly streams: Dispatcher } {
    const current = this.#sockets;
    if (current && (current.tls === tls || isDeepStrictEqual(current.tls, tls))) return current;
    const { proxyUrl } = this.#access;
    this.#sockets = {
      tls,
      calls: createDispatcher(tls, proxyUrl, { connections: callConnections, maxResponseSize: maxAnswerBytes }),
      streams: createDispatcher(tls, proxyUrl, {}),
    };
    // Nobody awaits the old ones: they close when their last answer ends, and an error then concerns that answer's reader.
    for (const old of [current?.calls, current?.streams]) void old?.close().catch(() => {});
    return this.#sockets;
  }
}

function createDispatcher(tls: Credentials['tls'], proxyUrl: string | undefined, options: Agent.Options): Dispatcher {
  const connect = { ...tls, timeout: connectTimeoutMs };
  if (proxyUrl) return new ProxyAgent({ ...options, uri: proxyUrl, requestTls: connect });
  return new Agent({ ...options, connect } as Agent.Options);
}
