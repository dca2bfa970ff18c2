import type { Socket } from 'node:net';
import type { DataPlane } from '../http/data-plane.ts';
import { everySecond } from '../http/date.ts';
import type { Peer } from '../http/downstream.ts';
import { handleRequest, noteRefusal } from '../http/handle-request.ts';
import { Upgrades } from '../http/upgrades.ts';
import { type Patience, ServerConnection, type ServerContext } from './server-connection.ts';

export interface Http1Limits extends Patience {
  /** Most bytes the head of a request may have. */
  readonly headerBytes: number;
}

/** Patience is measured in steps of this length, or shorter ones if there is little of it. */
const maxStepMs = 1000;
const minStepMs = 10;

/** Speaks HTTP/1.x on connections that others have accepted. */
export class Http1Server implements Disposable {
  readonly #connections = new Set<ServerConnection>();
  readonly #context: ServerContext;
  readonly #upgrades: Upgrades;
  readonly #growing: Disposable;

  constructor(plane: DataPlane, limits: Http1Limits) {
    this.#upgrades = new Upgrades(plane, limits.headerBytes);
    this.#context = {
      headerBytes: limits.headerBytes,
      closing: plane.closing,
      dateLine: everySecond(plane.clock, (date) => `Date: ${date}\r\n`),
      mayRemember: () => plane.duties?.() === undefined,
      handle: (head, writer, peer) => handleRequest(plane, head, writer, peer),
      refused: (refusal, peer, head) => noteRefusal(plane, refusal, peer, head),
      upgrade: (connection, bytes) => {
        this.#connections.delete(connection);
        this.#upgrades.take(connection.socket, connection.peer, bytes);
      },
    };
    const stepMs = Math.max(minStepMs, Math.min(maxStepMs, limits.headersMs / 4, limits.keepAliveMs / 4));
    this.#growing = plane.clock.every(stepMs, () => {
      for (const connection of this.#connections) connection.grow(stepMs, limits);
    });
  }

  accept(socket: Socket, peer: Peer): void {
    const connection = new ServerConnection(socket, peer, this.#context);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  /** Ends connections on which nothing is under way. */
  closeIdle(): void {
    for (const connection of this.#connections) if (connection.isIdle) connection.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.#growing[Symbol.dispose]();
    this.#upgrades[Symbol.dispose]();
  }
}
