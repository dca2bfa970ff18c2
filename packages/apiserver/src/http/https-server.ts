import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import { UserError, closerOf, messageOf } from '@ebb/base';
import type { UpgradeHandler } from './upgrade-handler.ts';

export interface HttpsServerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** PEM texts. */
  readonly certificate: string;
  readonly key: string;
  readonly handler: RequestListener;
  readonly upgradeHandler: UpgradeHandler;
}

/** A server that listens. */
export interface HttpsServer extends AsyncDisposable {
  /** `https://<host>:<port>` */
  readonly url: string;
}

/** Longest wait for the head of a request, and for all of one. Watches are answers, and may last. */
const headersTimeoutMs = 30_000;
const requestTimeoutMs = 60_000;
const keepAliveTimeoutMs = 90_000;

/** Starts to listen. Rejects with `UserError` if the address cannot be had. */
export async function listenHttps(options: HttpsServerOptions): Promise<HttpsServer> {
  const { host, port, certificate, key, handler, upgradeHandler } = options;
  const server = createServer({
    cert: certificate,
    key,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    maxHeaderSize: 64 * 1024,
    noDelay: true,
  });
  const close = closerOf(server);
  server.on('request', handler);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    upgradeHandler(request, socket, head),
  );
  // Clients that speak no TLS, or do not trust the certificate, are their own problem.
  server.on('tlsClientError', (_, socket) => socket.destroy());
  server.on('clientError', (_, socket) => socket.destroy());
  await listen(server, host, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    [Symbol.asyncDispose]: () => close(),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const message = `the API server cannot listen on ${host}:${port} (${messageOf(error)}); choose another address or port`;
      reject(new UserError(message, { cause: error }));
    });
    server.listen({ host, port }, resolve);
  });
}
