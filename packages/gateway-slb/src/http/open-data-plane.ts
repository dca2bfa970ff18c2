import type { ProbeAttempt } from '@ebb/activator';
import type { TlsOptions } from '../edge/tls-listener.ts';
import { Http1Upstream } from '../http1/http1-upstream.ts';
import { Http2Upstream } from '../upstream/http2-upstream.ts';
import { probeOn } from '../upstream/probe-on.ts';
import type { DataPlane } from './data-plane.ts';
import { Deadlines } from './deadlines.ts';
import { type HttpLimits, type ListenAddress, type ListenOptions, type OpenListener, listen } from './listen.ts';

export interface DataPlaneOptions extends Omit<DataPlane, 'upstreams' | 'deadlines' | 'closing'> {
  readonly listeners: Listeners;
  readonly limits?: Partial<HttpLimits> | undefined;
  /** What the listeners for the world ask of connections; the private one asks nothing. */
  readonly edge?:
    | Pick<ListenOptions, 'proxyProtocol' | 'proxySources' | 'access' | 'isPeer' | 'keepAliveMs'>
    | undefined;
}

export interface Listeners {
  readonly public: ListenAddress;
  /** For requests from inside the cluster. */
  readonly private?: ListenAddress | undefined;
  /** What this gateway alone takes connections on, where it shares the other listeners with workers of the same machine. */
  readonly own?: OwnListeners | undefined;
  /** For the world over TLS. */
  readonly https?: (ListenAddress & { readonly tls: TlsOptions }) | undefined;
}

export interface OwnListeners {
  readonly public: ListenAddress;
  readonly private: ListenAddress;
}

interface Addresses {
  readonly publicAddress: ListenAddress;
  readonly privateAddress: ListenAddress | undefined;
  readonly httpsAddress: ListenAddress | undefined;
}

/** A data plane that takes requests. */
export interface OpenDataPlane extends Addresses {
  /** Where this gateway alone is reached, if it shares the other addresses with workers. */
  readonly own: OwnListeners | undefined;
  /** Opens the addresses that are shared with workers: until then none of their clients comes here. */
  serve(): Promise<void>;
  /** Asks instances whether they are ready on connections that are kept for their first requests. */
  readonly probe: ProbeAttempt;
  /**
   * Takes no new connection, answers what is under way with `Connection: close`, and resolves once all is answered; what is
   * not after `graceMs` is cut off.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** Opens the listeners. Rejects with a `UserError` if one cannot be had; then none stays open. */
export async function openDataPlane(options: DataPlaneOptions): Promise<OpenDataPlane> {
  const { clock, listeners, limits, edge } = options;
  const upstreams = { http1: new Http1Upstream(clock), http2: new Http2Upstream(clock) };
  const deadlines = new Deadlines(clock);
  let closing = false;
  const plane: DataPlane = { ...options, upstreams, deadlines, closing: () => closing };
  const dispose = (): void => {
    deadlines[Symbol.dispose]();
    for (const upstream of Object.values(upstreams)) upstream[Symbol.dispose]();
  };
  const open: OpenListener[] = [];
  const add = async (listening: ListenOptions): Promise<ListenAddress> => {
    const listener = await listen(plane, { ...listening, limits });
    open.push(listener);
    return listener.address;
  };
  const close = (graceMs: number): Promise<unknown> => Promise.all(open.map((listener) => listener.close({ graceMs })));
  const { private: inside, https, own: alone } = listeners;
  // Other gateways ask this one where it is alone.
  const world = alone ? { ...edge, isPeer: undefined } : edge;
  try {
    // First, so that nobody looks for another public port in vain.
    const serve = async (): Promise<Addresses> => ({
      httpsAddress: https && (await add({ ...world, listener: 'public', address: https, tls: https.tls })),
      publicAddress: await add({ ...world, listener: 'public', address: listeners.public }),
      privateAddress: inside && (await add({ listener: 'private', address: inside })),
    });
    const shared = { publicAddress: listeners.public, privateAddress: inside, httpsAddress: https };
    const addresses = alone ? shared : await serve();
    const own = alone && {
      public: await add({ ...edge, listener: 'public', address: { ...alone.public, exclusive: true } }),
      private: await add({ listener: 'private', address: { ...alone.private, exclusive: true } }),
    };
    return {
      ...addresses,
      own,
      serve: async () => {
        if (alone && !closing) await serve();
      },
      probe: probeOn(upstreams.http1, clock),
      close: async ({ graceMs }) => {
        closing = true;
        await close(graceMs);
        dispose();
      },
    };
  } catch (error) {
    await close(0);
    dispose();
    throw error;
  }
}
