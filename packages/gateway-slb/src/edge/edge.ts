import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { type Clock, type Logger, UserError, formatAddress, messageOf } from '@ebb/base';
import type { Deadlines } from '../http/deadlines.ts';
import { type AccessRules, type AddressList, mayConnect, plainAddress } from './address-list.ts';
import type { TurnedAwayReason } from '../metrics/request-metrics.ts';
import { type EdgeHandlers, type Patience, detectVersion, readProxyHeader } from './arrival.ts';
import { TlsListener, type TlsOptions } from './tls-listener.ts';

/**
 * Connections that the system keeps while we are busy; it has a limit of its own (Linux: `net.core.somaxconn`). With Node's 511,
 * of a thousand clients that come at once some would find no room, and try again a second later.
 */
const backlog = 65_535;

/** Who may connect to a listener, and how. */
export interface EdgeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
  readonly address: { readonly host: string; readonly port: number; readonly exclusive?: boolean | undefined };
  /** TLS is spoken. */
  readonly tls?: TlsOptions | undefined;
  /** Whether each connection begins with a header of the PROXY protocol. Looked at with each. */
  readonly proxyProtocol: () => boolean;
  /** Who may send one; default: whoever connects. Looked at with each. */
  readonly proxySources?: (() => AddressList | undefined) | undefined;
  /** Looked at with each connection. */
  readonly access: () => AccessRules;
  /** Whether another gateway is at this address. */
  readonly isPeer: (address: string) => boolean;
  /** Connections at a time; those above it are closed at once. */
  readonly maxConnections?: number | undefined;
  /** Time until a client has sent enough to tell what it speaks. */
  readonly headersMs: number;
  /** Time a client may send nothing at all; looked at with each connection. */
  readonly silentMs: () => number;
  /** Told of each connection that is closed for what it is. Default: nobody is. */
  readonly turnedAway?: ((reason: TurnedAwayReason) => void) | undefined;
}

/** A listener that is open. */
export interface Edge {
  readonly address: { readonly host: string; readonly port: number; readonly exclusive?: boolean | undefined };
  /** All connections, below TLS. */
  readonly sockets: ReadonlySet<Socket>;
  /** Takes no new connections, and resolves when there are none left. */
  close(): Promise<void>;
  /** Ends those on which HTTP has not begun. */
  closeEarly(): void;
}

/** Opens a listener. Rejects with a `UserError` whose cause has the system's code (`EADDRINUSE`…). */
export async function openEdge(options: EdgeOptions, handlers: EdgeHandlers): Promise<Edge> {
  const { address, logger, tls, maxConnections, turnedAway = () => {} } = options;
  const sockets = new Set<Socket>();
  /** On which HTTP has not begun. */
  const early = new Set<Socket>();
  const begun: EdgeHandlers = {
    http1: (socket, arrival) => {
      early.delete(arrival.bare);
      handlers.http1(socket, arrival);
    },
    http2: (socket, arrival) => {
      early.delete(arrival.bare);
      handlers.http2(socket, arrival);
    },
  };
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  const tlsListener = tls && new TlsListener(tls, { ...options, handlers: begun, turnedAway });
  const accept = acceptor(options, begun, tlsListener);
  server.on('connection', (socket) => {
    sockets.add(socket);
    early.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      early.delete(socket);
    });
    socket.on('error', () => socket.destroy());
    accept(socket);
  });
  server.on('drop', () => turnedAway('too-many'));
  await bind(server, address);
  server.on('error', (error) => logger.error({ error: messageOf(error) }, 'the listener has a fault'));
  const { address: host, port } = server.address() as AddressInfo;
  return {
    address: { host, port },
    sockets,
    close: () =>
      new Promise((resolve) => {
        tlsListener?.[Symbol.dispose]();
        server.close(() => resolve());
      }),
    closeEarly: () => {
      for (const socket of early) socket.destroy();
    },
  };
}

function acceptor(
  { clock, deadlines, proxyProtocol, proxySources, access, isPeer, headersMs, silentMs, turnedAway }: EdgeOptions,
  handlers: EdgeHandlers,
  tls: TlsListener | undefined,
): (socket: Socket) => void {
  const patience = (ms: number): Patience => ({ deadlines, untilMs: clock.now() + ms });
  const admit = (socket: Socket, peer: string, port = socket.remotePort): void => {
    if (tls) return tls.take(socket, { bare: socket, peer, port, proto: 'https' });
    detectVersion(socket, patience(silentMs()), (version) =>
      handlers[version](socket, { bare: socket, peer, port, proto: 'http' }),
    );
  };
  const turnAway = (socket: Socket, reason: TurnedAwayReason): void => {
    turnedAway?.(reason);
    socket.destroy();
  };
  return (socket) => {
    const peer = plainAddress(socket.remoteAddress ?? 'unknown');
    // Gateways ask each other what they serve: they come without a load balancer, and from wherever they are.
    const isOptional = isPeer(peer);
    if (!proxyProtocol())
      return isOptional || mayConnect(access(), peer) ? admit(socket, peer) : turnAway(socket, 'address');
    // Anybody else might say to be whoever they like.
    if (!isOptional && proxySources?.()?.has(peer) === false) return turnAway(socket, 'proxy-protocol');
    readProxyHeader(socket, { ...patience(headersMs), isOptional }, (word) => {
      if (word === 'invalid') return turnAway(socket, 'proxy-protocol');
      const source = word === undefined || word === 'none' ? { address: peer, port: undefined } : word;
      const client = plainAddress(source.address);
      if (word === 'none' || mayConnect(access(), client)) admit(socket, client, source.port);
      else turnAway(socket, 'address');
    });
  };
}

function bind(server: Server, { host, port, exclusive = false }: EdgeOptions['address']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const hint = 'code' in cause && cause.code === 'EADDRINUSE' ? 'the port is in use' : messageOf(cause);
      reject(new UserError(`cannot listen on ${formatAddress({ host, port })}: ${hint}`, { cause }));
    });
    server.listen({ port, host, exclusive, backlog }, () => resolve());
  });
}
