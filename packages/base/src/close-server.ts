import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Clock } from './clock.ts';

export interface CloseGrace {
  /** How long requests under way may go on. */
  readonly ms: number;
  readonly clock: Clock;
}

/**
 * Makes a function that closes a server within a limit of time, whatever its clients do: all connections are cut, at once or after the
 * grace. To be called before the server listens. `closeAllConnections` alone leaves those that were upgraded, and those on which TLS was
 * not agreed upon yet; of the latter Node would wait two minutes for each.
 */
export function closerOf(server: Server | HttpsServer): (grace?: CloseGrace) => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const cut = (): void => {
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
  };
  return async (grace) => {
    using _end = grace?.clock.after(grace.ms, cut);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      if (grace) server.closeIdleConnections();
      else cut();
    });
  };
}
