import type { Socket } from 'node:net';
import { type TLSSocket, createSecureContext, createServer } from 'node:tls';
import { type Logger, messageOf } from '@ebb/base';
import type { Arrival, EdgeHandlers } from './arrival.ts';
import { type ContextOptions, contextOf } from './certificate.ts';
import type { CertificateStore } from './certificate-store.ts';

/** How a listener speaks TLS. With `clientCa` clients must show a certificate. */
export interface TlsOptions extends ContextOptions {
  readonly certificates: CertificateStore;
  /** HTTP/2 is offered. */
  readonly http2: boolean;
}

interface Surroundings {
  readonly handlers: EdgeHandlers;
  readonly logger: Logger;
}

/** Speaks TLS on connections that others have accepted. */
export interface TlsListener extends Disposable {
  take(socket: Socket, arrival: Arrival): void;
}

const handshakeMs = 10_000;

/**
 * Shakes hands, shows the certificate of the host that a client asks for, and passes on what comes then. Where there is no
 * certificate for a host, or the client must show one and does not, the handshake is refused.
 */
export function createTlsListener(options: TlsOptions, { handlers, logger }: Surroundings): TlsListener {
  const { certificates, clientCa, http2 } = options;
  const arrivals = new Map<string, Arrival>();
  const nothing = createSecureContext(contextOf(undefined, options));
  let shown = certificates.default;
  const server = createServer({
    ...contextOf(shown?.pair, options),
    ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    handshakeTimeout: handshakeMs,
    requestCert: clientCa !== undefined,
    rejectUnauthorized: clientCa !== undefined,
    allowHalfOpen: true,
    // Without a certificate the handshake ends with an alert.
    SNICallback: (host, done) => done(null, certificates.contextFor(host) ?? nothing),
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const arrival = arrivals.get(endOf(socket));
    if (!arrival) return void socket.destroy();
    if (socket.alpnProtocol === 'h2') handlers.http2(socket, arrival);
    else handlers.http1(socket, arrival);
  });
  server.on('tlsClientError', (error, socket) => {
    logger.debug({ error: messageOf(error) }, 'TLS handshake failed');
    socket.destroy();
  });
  return {
    take: (socket, arrival) => {
      // For clients that name no host.
      if (shown !== certificates.default) server.setSecureContext(contextOf(certificates.default?.pair, options));
      shown = certificates.default;
      const end = endOf(socket);
      arrivals.set(end, arrival);
      socket.once('close', () => arrivals.delete(end));
      server.emit('connection', socket);
    },
    [Symbol.dispose]: () => void server.close(),
  };
}

/** Tells connections to one listener apart. */
const endOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
