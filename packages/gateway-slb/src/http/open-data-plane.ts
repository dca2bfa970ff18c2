import { Server as NetServer } from 'node:net';
import { Http2Upstream } from '../upstream/http2-upstream.ts';
import { PooledUpstream } from '../upstream/pooled-upstream.ts';
import { StreamingUpstream } from '../upstream/streaming-upstream.ts';
import { isIdle } from './connection.ts';
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
  const upstreams = {
    pooled: new PooledUpstream(() => clock.now()),
    streaming: new StreamingUpstream(),
    http2: new Http2Upstream(),
  };
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
    for (const { server } of open) server.close();
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
  { server, sockets }: OpenListener,
  graceMs: number,
): Promise<void> {
  // Not the HTTP server's own `close`: that one destroys connections whose response is on its way to a slow client.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  const sweep = (): void => {
    for (const socket of sockets) if (isIdle(socket)) socket.destroy();
  };
  const sweeping = clock.every(sweepMs, sweep);
  const end = clock.after(graceMs, () => {
    for (const socket of sockets) socket.destroy();
  });
  sweep();
  await closed;
  sweeping[Symbol.dispose]();
  end[Symbol.dispose]();
  server.close(); // ends the HTTP server's own checks
}
