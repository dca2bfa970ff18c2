import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import { UserError, messageOf } from '@ebb/base';
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
  server.on('request', handler);
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgraded.add(socket.once('close', () => upgraded.delete(socket)));
    upgradeHandler(request, socket, head);
  });
  // Clients that speak no TLS, or do not trust the certificate, are their own problem.
  server.on('tlsClientError', (_, socket) => socket.destroy());
  server.on('clientError', (_, socket) => socket.destroy());
  await listen(server, host, port);
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    [Symbol.asyncDispose]: () => {
      for (const socket of upgraded) socket.destroy();
      return close(server);
    },
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

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
