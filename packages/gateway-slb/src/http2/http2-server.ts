import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import { everySecond } from '../http/date.ts';
import type { Peer } from '../http/downstream.ts';
import { type Http2Limits, ServerConnection, type ServerContext } from './server-connection.ts';

/** Speaks HTTP/2 on connections that others have accepted. WebSockets over it (RFC 8441) are not offered. */
export class Http2Server {
  readonly #connections = new Set<ServerConnection>();
  readonly #context: ServerContext;

  constructor(plane: DataPlane, limits: Http2Limits) {
    this.#context = { plane, limits, date: everySecond(plane.clock, (date) => date) };
  }

  accept(socket: Socket, peer: Peer): void {
    const connection = new ServerConnection(this.#context, socket, peer);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  /** Tells all connections to go once what is under way on them is answered. */
  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
