import type { Socket } from 'node:net';
import type { Listener } from '@ebb/router';

/** Something that lives on a client's connection and must end with it. */
export interface Passenger {
  clientGone(): void;
}

/** A client's connection. */
export interface Connection {
  readonly listener: Listener;
  /** The client's address, IPv4 ones without IPv6's prefix. */
  readonly peer: string;
  readonly passengers: Set<Passenger>;
  /** Its last answer has been given: what comes after it is not looked at. */
  isOver: boolean;
}

const connections = new WeakMap<object, Connection>();

/** Takes a new connection into the books; those aboard when it closes are told. */
export function openConnection(socket: Socket, listener: Listener): Connection {
  const known = connections.get(socket);
  if (known) return known;
  const peer = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
  const connection: Connection = { listener, peer, passengers: new Set(), isOver: false };
  connections.set(socket, connection);
  socket.once('close', () => {
    for (const passenger of connection.passengers) passenger.clientGone();
  });
  return connection;
}

/** True if nothing is under way on a connection, nor anything written to it that has not gone out. */
export function isIdle(socket: Socket): boolean {
  return connections.get(socket)?.passengers.size === 0 && socket.writableLength === 0;
}

/** The books on a connection. */
export function connectionOf(socket: Socket, listener: Listener): Connection {
  return connections.get(socket) ?? openConnection(socket, listener);
}
