import type { RequestListener } from 'node:http';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Clock, UserError, closerOf, messageOf } from '@ebb/base';
import type { Certificates } from '@ebb/base/certificates';

type Shown = Pick<Certificates, 'certificate' | 'key'>;

export interface WebhookServerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly shown: Shown;
  readonly handler: RequestListener;
  readonly clock: Clock;
  /** How long connections without a request stay open. Default: `idleMs`. */
  readonly keepMs?: number;
}

/** A server that listens; disposing it lets requests under way end, for a few seconds. */
export interface WebhookServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** Shows another certificate to new connections; those there are stay. */
  show(shown: Shown): void;
}

/**
 * How long connections without a request stay open: longer than the 90 seconds for which API servers keep them. Closed by this side,
 * one may just have been given the next review, which is then lost: API servers do not send it again.
 */
export const idleMs = 120_000;
/** More than the API servers of a cluster ask at once: one has 600 requests under way at most, unless told otherwise. */
const maxConnections = 4096;
const graceMs = 5000;

/** Starts to listen. Rejects with `UserError` if the address cannot be had. */
export async function listen({
  host,
  port,
  shown,
  handler,
  clock,
  keepMs = idleMs,
}: WebhookServerOptions): Promise<WebhookServer> {
  const server = createServer({
    cert: shown.certificate,
    key: shown.key,
    // The first two are of connections, too, that nothing was sent on yet: of those that clients open ahead.
    headersTimeout: keepMs,
    requestTimeout: keepMs,
    keepAliveTimeout: keepMs,
    connectionsCheckingInterval: keepMs / 4,
    noDelay: true,
  });
  server.maxConnections = maxConnections;
  const close = closerOf(server);
  server.on('request', handler);
  // Clients that speak no TLS or HTTP, or do not trust the certificate, are their own problem.
  server.on('tlsClientError', (_, socket) => socket.destroy());
  server.on('clientError', (_, socket) => socket.destroy());
  await opened(server, host, port);
  let last = shown;
  return {
    address: { host, port: (server.address() as AddressInfo).port },
    show: (next) => {
      if (next.certificate === last.certificate && next.key === last.key) return;
      last = next;
      server.setSecureContext({ cert: next.certificate, key: next.key });
    },
    [Symbol.asyncDispose]: () => close({ ms: graceMs, clock }),
  };
}

function opened(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const problem = `the webhook cannot listen on ${host}:${port} (${messageOf(error)}); choose another address or port`;
      reject(new UserError(problem, { cause: error }));
    });
    server.listen({ host, port }, resolve);
  });
}
