import { Http1Upstream } from '../http1/http1-upstream.ts';
import { Http2Upstream } from '../upstream/http2-upstream.ts';
import type { DataPlane } from './data-plane.ts';
import { Deadlines } from './deadlines.ts';
import { type HttpLimits, type ListenAddress, type OpenListener, listen } from './listen.ts';

export interface DataPlaneOptions extends Omit<DataPlane, 'upstreams' | 'deadlines' | 'closing'> {
  /** The private one, for requests from inside the cluster, may be left out. */
  readonly listeners: { readonly public: ListenAddress; readonly private?: ListenAddress | undefined };
  readonly limits?: Partial<HttpLimits> | undefined;
}

/** A data plane that takes requests. */
export interface OpenDataPlane {
  readonly publicAddress: ListenAddress;
  readonly privateAddress: ListenAddress | undefined;
  /**
   * Takes no new connection, answers what is under way with `Connection: close`, and resolves once all is answered; what is
   * not after `graceMs` is cut off.
   */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** While closing, connections that have become idle are looked for so often. */
const sweepMs = 50;

/** Opens the listeners. Rejects with a `UserError` if one cannot be had; then none stays open. */
export async function openDataPlane(options: DataPlaneOptions): Promise<OpenDataPlane> {
  const { clock, listeners, limits } = options;
  const upstreams = { http1: new Http1Upstream(clock), http2: new Http2Upstream() };
  const deadlines = new Deadlines(clock);
  let closing = false;
  const plane: DataPlane = { ...options, upstreams, deadlines, closing: () => closing };
  const dispose = (): void => {
    deadlines[Symbol.dispose]();
    for (const upstream of Object.values(upstreams)) upstream[Symbol.dispose]();
  };
  const open: OpenListener[] = [];
  try {
    open.push(await listen(plane, 'public', listeners.public, limits));
    if (listeners.private) open.push(await listen(plane, 'private', listeners.private, limits));
  } catch (error) {
    for (const { server, http1 } of open) {
      server.close();
      http1[Symbol.dispose]();
    }
    dispose();
    throw error;
  }
  return {
    publicAddress: open[0]?.address ?? listeners.public,
    privateAddress: open[1]?.address,
    close: async ({ graceMs }) => {
      closing = true;
      await Promise.all(open.map((listener) => closeListener(clock, listener, graceMs)));
      dispose();
    },
  };
}

async function closeListener(
  clock: DataPlane['clock'],
  { server, http1, sockets }: OpenListener,
  graceMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const sweeping = clock.every(sweepMs, () => http1.closeIdle());
  const end = clock.after(graceMs, () => {
    for (const socket of sockets) socket.destroy();
  });
  http1.closeIdle();
  await closed;
  sweeping[Symbol.dispose]();
  end[Symbol.dispose]();
  http1[Symbol.dispose]();
}
