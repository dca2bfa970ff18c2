import type { RequestListener } from 'node:http';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Clock, UserError, messageOf } from '@ebb/base';
import type { Certificates } from '@ebb/base/certificates';

type Shown = Pick<Certificates, 'certificate' | 'key'>;

export interface WebhookServerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly shown: Shown;
  readonly handler: RequestListener;
  readonly clock: Clock;
}

/** A server that listens; disposing it lets requests under way end, for a few seconds. */
export interface WebhookServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** Shows another certificate to new connections; those there are stay. */
  show(shown: Shown): void;
}

const headersTimeoutMs = 10_000;
const requestTimeoutMs = 20_000;
/** API servers keep connections open between reviews. */
const keepAliveTimeoutMs = 120_000;
/** Far more than the API servers of a cluster open. */
const maxConnections = 512;
const graceMs = 5000;

/** Starts to listen. Rejects with `UserError` if the address cannot be had. */
export async function listen({ host, port, shown, handler, clock }: WebhookServerOptions): Promise<WebhookServer> {
  const server = createServer({
    cert: shown.certificate,
    key: shown.key,
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    noDelay: true,
  });
  server.maxConnections = maxConnections;
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
    [Symbol.asyncDispose]: () => close(server, clock),
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

async function close(server: Server, clock: Clock): Promise<void> {
  using _grace = clock.after(graceMs, () => server.closeAllConnections());
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
