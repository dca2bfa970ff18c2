import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { host } from './servers.ts';

/** Opens so many connections, has one request answered on each, and keeps them. */
export async function openIdle(port: number, count: number): Promise<Disposable & { readonly open: () => number }> {
  const sockets: Socket[] = [];
  let closed = 0;
  const openOne = async (): Promise<void> => {
    const socket = connect({ port, host: '127.0.0.1' });
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(`GET /small HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await once(socket, 'data');
    socket.resume();
    socket.on('error', () => {});
    socket.once('close', () => closed++);
  };
  const opener = async (): Promise<void> => {
    while (sockets.length < count) await openOne();
  };
  await Promise.all(Array.from({ length: 64 }, opener));
  return {
    open: () => sockets.length - closed,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
