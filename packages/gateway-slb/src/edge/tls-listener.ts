import type { Socket } from 'node:net';
import { type SecureContext, type Server, type TLSSocket, createSecureContext, createServer } from 'node:tls';
import { type Logger, messageOf } from '@ebb/base';
import type { TurnedAwayReason } from '../metrics/request-metrics.ts';
import type { Arrival, EdgeHandlers } from './arrival.ts';
import { type Certificate, type TlsSettings, contextOptions } from './certificate.ts';
import type { CertificateStore } from './certificate-store.ts';

/** With what a listener speaks TLS. */
export interface TlsOptions {
  readonly certificates: CertificateStore;
  /** Looked at with each connection; another object where something has changed. */
  readonly settings: () => TlsSettings;
}

/** Longest a handshake may take; it may be less. A client that has left meanwhile is not seen before. */
const mostHandshakeMs = 10_000;

interface TlsListenerParts {
  readonly handlers: EdgeHandlers;
  readonly logger: Logger;
  /** Time until a client has sent enough to tell what it speaks. */
  readonly headersMs: number;
  readonly turnedAway: (reason: TurnedAwayReason) => void;
}

/**
 * Speaks TLS on connections that others have accepted: shakes hands, shows the certificate of the host that a client asks for, and
 * passes on what comes then. Where there is no certificate for a host, or the client must show one and does not, the handshake
 * is refused.
 */
export class TlsListener implements Disposable {
  readonly #options: TlsOptions;
  readonly #handlers: EdgeHandlers;
  readonly #logger: Logger;
  readonly #handshakeMs: number;
  readonly #turnedAway: TlsListenerParts['turnedAway'];
  readonly #arrivals = new Map<string, Arrival>();
  #current: TlsServer | undefined;

  constructor(options: TlsOptions, { handlers, logger, headersMs, turnedAway }: TlsListenerParts) {
    this.#options = options;
    this.#handlers = handlers;
    this.#turnedAway = turnedAway;
    this.#logger = logger;
    this.#handshakeMs = Math.min(mostHandshakeMs, headersMs);
  }

  take(socket: Socket, arrival: Arrival): void {
    const end = endOf(socket);
    this.#arrivals.set(end, arrival);
    socket.once('close', () => this.#arrivals.delete(end));
    const settings = this.#options.settings();
    // Handshakes under way end as they began.
    if (this.#current?.settings !== settings) this.#current = this.#create(settings);
    this.#current.take(socket);
  }

  [Symbol.dispose](): void {
    this.#current?.server.close();
  }

  #create(settings: TlsSettings): TlsServer {
    const created = new TlsServer(this.#options.certificates, settings, this.#handshakeMs);
    created.server.on('secureConnection', (socket: TLSSocket) => {
      const arrival = this.#arrivals.get(endOf(socket));
      socket.on('error', () => socket.destroy());
      if (!arrival) socket.destroy();
      else if (socket.alpnProtocol === 'h2') this.#handlers.http2(socket, arrival);
      else this.#handlers.http1(socket, arrival);
    });
    created.server.on('tlsClientError', (error, socket) => {
      this.#logger.debug({ error: messageOf(error) }, 'TLS handshake failed');
      // Whoever goes before it is over, as those who only look whether somebody listens, was not turned away.
      if (!('code' in error && error.code === 'ECONNRESET')) this.#turnedAway('tls');
      socket.destroy();
    });
    return created;
  }
}

/** Node's server of TLS, which keeps to the same settings all its life. */
class TlsServer {
  readonly settings: TlsSettings;
  readonly server: Server;
  readonly #certificates: CertificateStore;
  readonly #contexts = new WeakMap<Certificate, SecureContext>();
  readonly #nothing: SecureContext;
  #default: Certificate | undefined;

  constructor(certificates: CertificateStore, settings: TlsSettings, handshakeTimeout: number) {
    const { clientCa, http2 } = settings;
    this.settings = settings;
    this.#certificates = certificates;
    this.#default = certificates.default;
    this.#nothing = createSecureContext(contextOptions(undefined, settings));
    this.server = createServer({
      ...contextOptions(this.#default, settings),
      ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      handshakeTimeout,
      requestCert: clientCa !== undefined,
      rejectUnauthorized: clientCa !== undefined,
      allowHalfOpen: true,
      SNICallback: (host, done) => done(null, this.#contextOf(certificates.certificateFor(host))),
    });
  }

  take(socket: Socket): void {
    const now = this.#certificates.default;
    // For clients that name no host.
    if (now !== this.#default) this.server.setSecureContext(contextOptions(now, this.settings));
    this.#default = now;
    this.server.emit('connection', socket);
  }

  #contextOf(certificate: Certificate | undefined): SecureContext {
    if (!certificate) return this.#nothing;
    const known = this.#contexts.get(certificate);
    if (known) return known;
    const context = createSecureContext(contextOptions(certificate, this.settings));
    this.#contexts.set(certificate, context);
    return context;
  }
}

/** Tells connections apart, to whichever address of this machine they are. */
const endOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
