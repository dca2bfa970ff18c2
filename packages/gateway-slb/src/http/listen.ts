import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import { UserError, messageOf } from '@ebb/base';
import type { Listener } from '@ebb/router';
import { Http1Server } from '../http1/http1-server.ts';
import type { DataPlane } from './data-plane.ts';

/** Where to listen. Port 0 takes any. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface HttpLimits {
  /** Most bytes the headers of a request may have. Default 64 KiB. */
  readonly headerBytes: number;
  /** Time a client may take to send them. Default 60 s. */
  readonly headersMs: number;
  /** Time a connection without a request is kept. Default 65 s: longer than the load balancers before us keep theirs. */
  readonly keepAliveMs: number;
}

const defaultLimits: HttpLimits = { headerBytes: 64 * 1024, headersMs: 60_000, keepAliveMs: 65_000 };

/** A listener that is open. */
export interface OpenListener {
  readonly address: ListenAddress;
  readonly server: Server;
  readonly http1: Http1Server;
  /** All its connections, upgraded ones too. */
  readonly sockets: ReadonlySet<Socket>;
}

/** Opens a listener. Rejects with a `UserError` whose cause has the system's code (`EADDRINUSE`…). */
export async function listen(
  plane: DataPlane,
  listener: Listener,
  { host, port }: ListenAddress,
  limits: Partial<HttpLimits> = {},
): Promise<OpenListener> {
  const http1 = new Http1Server(plane, { ...defaultLimits, ...limits });
  // A client that has said all it wants to may still listen.
  const server = createServer({ noDelay: true, allowHalfOpen: true });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    const address = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
    http1.accept(socket, { address, proto: 'http', listener });
  });
  await bind(server, { host, port });
  server.on('error', (error) => plane.logger.error({ listener, error: messageOf(error) }, 'the listener has a fault'));
  const { address, port: bound } = server.address() as AddressInfo;
  return { address: { host: address, port: bound }, server, http1, sockets };
}

function bind(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const hint = 'code' in cause && cause.code === 'EADDRINUSE' ? 'the port is in use' : messageOf(cause);
      reject(new UserError(`cannot listen on ${host}:${port}: ${hint}`, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
}
