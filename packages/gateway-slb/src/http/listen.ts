import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { UserError, messageOf } from '@ebb/base';
import type { Listener } from '@ebb/router';
import { connectionOf, openConnection } from './connection.ts';
import type { DataPlane } from './data-plane.ts';
import { handleRequest, judge } from './handle-request.ts';
import { readoptWithoutUpgrade } from './readopt.ts';
import { refusals, refuseOnSocket } from './refusal.ts';
import { Tunnel } from './tunnel.ts';

/** Where to listen. Port 0 takes any. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpLimits {
  /** Most bytes the headers of a request may have. Default 64 KiB. */
  readonly headerBytes: number;
  /** Time a client may take to send them. Default 60 s. */
  readonly headersMs: number;
  /** Time a connection without a request is kept. Default 65 s: longer than the load balancers before us keep theirs. */
  readonly keepAliveMs: number;
}

const defaultLimits: HttpLimits = { headerBytes: 64 * 1024, headersMs: 60_000, keepAliveMs: 65_000 };

/** A listener that is open. */
export interface OpenListener {
  readonly address: ListenAddress;
  readonly server: Server;
  /** All its connections, upgraded ones too. */
  readonly sockets: ReadonlySet<Socket>;
}

/** Opens a listener. Rejects with a `UserError` whose cause has the system's code (`EADDRINUSE`…). */
export async function listen(
  plane: DataPlane,
  listener: Listener,
  { host, port }: ListenAddress,
  limits: Partial<HttpLimits> = {},
): Promise<OpenListener> {
  const { headerBytes, headersMs, keepAliveMs } = { ...defaultLimits, ...limits };
  const server = createServer({
    maxHeaderSize: headerBytes,
    headersTimeout: headersMs,
    requestTimeout: 0, // a body may take as long as its revision allows
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(5000, headersMs),
    insecureHTTPParser: false,
    noDelay: true,
  });
  server.maxHeadersCount = 0; // the bytes are limited; a limit on the number would silently drop some
  const sockets = new Set<Socket>();
  const onRequest = handleRequest.bind(undefined, plane, listener);
  server.on('connection', (socket) => {
    if (sockets.has(socket)) return; // given back after an offer to upgrade
    openConnection(socket, listener);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('clientError', (error, socket) => answerBroken(error, socket as Socket, listener));
  server.on('connect', (_request, socket) => refuseOnSocket(socket, refusals.connect));
  server.on('upgrade', (request, socket, firstBytes) => {
    // What the HTTP server gives is always a socket of `net`.
    handleUpgrade(plane, listener, { server, request, socket: socket as Socket, firstBytes });
  });
  await bind(server, { host, port });
  server.on('error', (error) => plane.logger.error({ listener, error: messageOf(error) }, 'the listener has a fault'));
  const { address, port: bound } = server.address() as AddressInfo;
  return { address: { host: address, port: bound }, server, sockets };
}

/** Answers what is not HTTP, unless an answer to what came before it is still on its way; that one is let out first. */
function answerBroken(error: Error, socket: Socket, listener: Listener): void {
  const code = 'code' in error ? error.code : undefined;
  const { passengers, isOver } = connectionOf(socket, listener);
  if (passengers.size > 0 || socket.destroyed || code === 'ECONNRESET') socket.destroy();
  else if (isOver || socket.writableLength > 0) socket.destroySoon();
  else if (code === 'HPE_HEADER_OVERFLOW') refuseOnSocket(socket, refusals.headersTooLarge);
  else refuseOnSocket(socket, code === 'ERR_HTTP_REQUEST_TIMEOUT' ? refusals.tooSlow : refusals.notHttp);
}

interface UpgradeEvent {
  readonly server: Server;
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly firstBytes: Buffer;
}

function handleUpgrade(
  plane: DataPlane,
  listener: Listener,
  { server, request, socket, firstBytes }: UpgradeEvent,
): void {
  socket.on('error', () => socket.destroy());
  // Sent before the answer to another request has gone out: the two would be mixed up.
  if (connectionOf(socket, listener).passengers.size > 0) return void socket.destroy();
  const verdict = judge(plane, request, listener);
  if (verdict.kind === 'refuse') return refuseOnSocket(socket, verdict.refusal);
  const { head, path } = verdict.kind === 'forward' ? verdict : { head: undefined, path: '' };
  const hasBody = head?.chunked || (head?.contentLength !== undefined && head.contentLength !== '0');
  // HTTP/2 is offered, not demanded, and a request with a body cannot change protocol: they go on as HTTP/1.1.
  if (verdict.kind === 'answer' || !head || hasBody || /^h2c$/i.test(head.upgrade ?? '')) {
    return readoptWithoutUpgrade(server, request, socket, firstBytes);
  }
  const connection = connectionOf(socket, listener);
  new Tunnel(plane, { request, socket, firstBytes, connection, head, path, forward: verdict.result }).begin();
}

function bind(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const hint = 'code' in cause && cause.code === 'EADDRINUSE' ? 'the port is in use' : messageOf(cause);
      reject(new UserError(`cannot listen on ${host}:${port}: ${hint}`, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
}
