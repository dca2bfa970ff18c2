import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import httpProxy from 'http-proxy';
import type { ResponseHead } from './downstream.ts';
import { linesOf } from './header-block.ts';
import { readResponseHead } from './response-head.ts';

/** Two connections that are to become one. */
export interface Handshake {
  readonly request: IncomingMessage;
  /** The client's. */
  readonly socket: Socket;
  /** Bytes the client has sent behind its request. */
  readonly firstBytes: Buffer;
  /** The instance's; connected, and nothing sent on it. */
  readonly upstream: Socket;
  readonly path: string;
  /** Name, value, name, value… without those about the upgrade. */
  readonly headers: readonly string[];
  /** What to upgrade to. */
  readonly protocol: string;
}

/** What an instance has made of a handshake. */
export interface InstanceAnswer {
  /** 101 where it has upgraded. */
  readonly status: number;
  /** Bytes it has sent since the head of its answer. */
  readonly received: () => number;
}

export interface HandshakeOutcome {
  /** The headers of the instance's answer as the client is to see them: name, value, name, value… */
  readonly headersFor: (answer: ResponseHead) => readonly string[];
  /** The instance has answered: with 101, and from now on bytes go both ways, or otherwise, and its answer is passed on. */
  opened(answer: InstanceAnswer): void;
  /** The instance's connection broke before that. */
  failed(): void;
}

/** Made for the first upgrade: http-proxy draws a warning about its age from newer versions of Node. */
let proxy: httpProxy | undefined;

/** What a handshake wants done while http-proxy has its request. */
const underWay = new WeakMap<IncomingMessage, Handshake & HandshakeOutcome>();

/** Asks an instance for an upgrade on behalf of a client, and joins the two connections. */
export function shakeHands(handshake: Handshake, outcome: HandshakeOutcome): void {
  const { request, socket, firstBytes, upstream } = handshake;
  request.headers = asObject(handshake.headers, handshake.protocol);
  underWay.set(request, { ...handshake, ...outcome });
  const options = { target: { host: 'instance', port: 80 }, agent: new OneSocketAgent(upstream), toProxy: true };
  proxy ??= createProxy();
  proxy.ws(request, socket, firstBytes, options, () => outcome.failed());
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

function createProxy(): httpProxy {
  const created = httpProxy.createProxyServer({});
  // Its own check lets nothing but WebSockets pass; any protocol may be upgraded to here.
  const passes = created as unknown as { wsPasses: { name: string }[] };
  passes.wsPasses = passes.wsPasses.filter(({ name }) => name !== 'checkMethodAndHeader');
  created.on('proxyReqWs', (out, request) => prepareHandshake(out, request));
  created.on('error', () => {}); // each call has its own handler; an `error` nobody hears would end the process
  return created;
}

function prepareHandshake(out: ClientRequest, request: IncomingMessage): void {
  const handshake = underWay.get(request);
  if (!handshake) return;
  // http-proxy would fold double slashes.
  out.path = handshake.path;
  out.once('upgrade', (answer: IncomingMessage, upstream: Socket, first: Buffer) => {
    const { statusMessage = '', rawHeaders, headers } = answer;
    const passed = handshake.headersFor(readResponseHead(101, statusMessage, rawHeaders));
    answer.headers = asObject(passed, headers.upgrade ?? handshake.protocol);
    const before = upstream.bytesRead - first.length;
    handshake.opened({ status: 101, received: () => upstream.bytesRead - before });
  });
  // Where the instance does not upgrade, http-proxy would announce chunks and then send none. Its listener comes after this.
  process.nextTick(() => {
    out.removeAllListeners('response').once('response', (answer: IncomingMessage) => {
      let received = 0;
      answer.on('data', ({ length }: Buffer) => (received += length));
      handshake.opened({ status: answer.statusCode ?? 502, received: () => received });
      passAnswer(answer, handshake);
    });
  });
}

/** Passes an ordinary answer to a client that asked for an upgrade, and closes. */
function passAnswer(answer: IncomingMessage, { socket, headersFor }: Handshake & HandshakeOutcome): void {
  const { statusCode = 502, statusMessage = '', rawHeaders } = answer;
  const lines = linesOf(headersFor(readResponseHead(statusCode, statusMessage, rawHeaders)));
  socket.write(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines}Connection: close\r\n\r\n`, 'latin1');
  answer.on('error', () => socket.destroy());
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
