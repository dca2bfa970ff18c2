import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import type { Peer } from '../http/downstream.ts';
import { Http2Connection, type Http2Limits } from './connection.ts';

/** Speaks HTTP/2 on connections that others have accepted. WebSockets over it (RFC 8441) are not offered. */
export class Http2Server {
  readonly #connections = new Set<Http2Connection>();
  readonly #plane: DataPlane;
  readonly #limits: Http2Limits;

  constructor(plane: DataPlane, limits: Http2Limits) {
    this.#plane = plane;
    this.#limits = limits;
  }

  accept(socket: Socket, peer: Peer): void {
    const connection = new Http2Connection(this.#plane, socket, peer, this.#limits);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  /** Tells all connections to go once what is under way on them is answered. */
  close(): void {
    for (const connection of this.#connections) connection.close();
  }
}
