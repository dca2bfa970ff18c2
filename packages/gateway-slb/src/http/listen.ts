import type { Listener } from '@ebb/router';
import type { AccessRules, AddressList } from '../edge/address-list.ts';
import type { Arrival } from '../edge/arrival.ts';
import { type Edge, openEdge } from '../edge/edge.ts';
import type { TlsOptions } from '../edge/tls-listener.ts';
import { Http1Server } from '../http1/http1-server.ts';
import { Http2Server } from '../http2/http2-server.ts';
import type { TurnedAwayReason } from '../metrics/request-metrics.ts';
import type { DataPlane } from './data-plane.ts';
import type { Peer } from './downstream.ts';

/** Where to listen. Port 0 takes any. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** In a worker of node:cluster: not to be shared with the other workers. Default false. */
  readonly exclusive?: boolean | undefined;
}

export interface HttpLimits {
  /** Most bytes the headers of a request may have. Default 64 KiB. */
  readonly headerBytes: number;
  /** Time a client may take to send them. Default 60 s. */
  readonly headersMs: number;
  /** Time a connection without a request is kept. Default 65 s: longer than the load balancers before us keep theirs. */
  readonly keepAliveMs: number;
  /** Connections to one listener at a time. Default: as many as the system lets us have. */
  readonly connections?: number | undefined;
}

const defaultLimits: HttpLimits = { headerBytes: 64 * 1024, headersMs: 60_000, keepAliveMs: 65_000 };

/** What a listener asks of connections before HTTP begins. */
export interface ListenOptions {
  readonly listener: Listener;
  readonly address: ListenAddress;
  readonly limits?: Partial<HttpLimits> | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Whether a load balancer in front says with the PROXY protocol who connects. Default: no. */
  readonly proxyProtocol?: (() => boolean) | undefined;
  /** Whose word on that is taken, looked at with each connection. Default: everybody's. */
  readonly proxySources?: (() => AddressList | undefined) | undefined;
  /** Who may connect, looked at with each connection. Default: everybody. */
  readonly access?: (() => AccessRules) | undefined;
  /** Whether another gateway is at this address, which may always connect, and need not speak the PROXY protocol. */
  readonly isPeer?: ((address: string) => boolean) | undefined;
  /** Time a connection without a request is kept, while it is not what `limits` says. */
  readonly keepAliveMs?: (() => number | undefined) | undefined;
}

/** A listener that is open. */
export interface OpenListener {
  readonly address: ListenAddress;
  /**
   * Takes no new connection, tells those there are to go once all is answered, and resolves when there are none left; what is
   * not answered after `graceMs` is cut off.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** While closing, connections that have become idle are looked for so often. */
const sweepMs = 50;

/**
 * Before that, so much of the time there is to close is left to clients: a request that is on its way already is answered on the
 * connection it came on, which is told to be the last.
 */
const lingerMs = 5000;
const lingerPart = 0.1;

const everybody: AccessRules = {};

/** The limits, of which one may change with time. */
function limitsOf({ limits, keepAliveMs }: ListenOptions): HttpLimits {
  const fixed = { ...defaultLimits, ...limits };
  if (!keepAliveMs) return fixed;
  return {
    ...fixed,
    get keepAliveMs() {
      return keepAliveMs() ?? fixed.keepAliveMs;
    },
  };
}

/** Opens a listener for all versions of HTTP. Rejects with a `UserError` whose cause has the system's code (`EADDRINUSE`…). */
export async function listen(plane: DataPlane, options: ListenOptions): Promise<OpenListener> {
  const { clock, logger, deadlines } = plane;
  const {
    listener,
    address,
    tls,
    proxyProtocol = () => false,
    proxySources,
    access = () => everybody,
    isPeer = () => false,
  } = options;
  const limits = limitsOf(options);
  const { headersMs, connections: maxConnections } = limits;
  const http1 = new Http1Server(plane, limits);
  const http2 = new Http2Server(plane, limits);
  const edgeOptions = {
    clock,
    logger,
    deadlines,
    address,
    tls,
    proxyProtocol,
    proxySources,
    access,
    isPeer,
    headersMs,
    silentMs: () => limits.keepAliveMs,
    turnedAway: (reason: TurnedAwayReason) => plane.metrics?.turnAway(reason),
  };
  const peerOf = ({ peer, port, proto, bare }: Arrival): Peer => ({
    address: peer,
    proto,
    listener,
    port,
    ownPort: bare.localPort,
  });
  let edge: Edge;
  try {
    edge = await openEdge(
      { ...edgeOptions, maxConnections },
      {
        http1: (socket, arrival) => {
          http1.accept(socket, peerOf(arrival));
          socket.resume();
        },
        http2: (socket, arrival) => http2.accept(socket, { ...peerOf(arrival), protocol: 'HTTP/2.0' }),
      },
    );
  } catch (error) {
    http1[Symbol.dispose]();
    throw error;
  }
  return {
    address: edge.address,
    close: async ({ graceMs }) => {
      const closed = edge.close();
      const linger = Math.min(lingerMs, graceMs * lingerPart);
      const lingersUntil = clock.now() + linger;
      let sweeps = 0;
      const sweep = (): void => {
        http2.close();
        if (clock.now() < lingersUntil) return;
        // Not at the first occasion: if this process was kept from its work, what clients have sent meanwhile is read before the next.
        if (sweeps++ === 0 && linger >= sweepMs) return;
        edge.closeEarly();
        http1.closeIdle();
      };
      const sweeping = clock.every(sweepMs, sweep);
      const end = clock.after(graceMs, () => {
        for (const socket of edge.sockets) socket.destroy();
      });
      sweep();
      await closed;
      sweeping[Symbol.dispose]();
      end[Symbol.dispose]();
      http1[Symbol.dispose]();
    },
  };
}
