import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { readResponseHead } from '../src/http/response-head.ts';
import { ServerConnection } from '../src/http1/server-connection.ts';

const patience = { headersMs: 10_000, keepAliveMs: 60_000 };
const peer = { address: '127.0.0.1', proto: 'http', listener: 'public' } as const;
/** More than the system takes off our hands. */
const bodyBytes = 24 * 2 ** 20;

interface Pair extends AsyncDisposable {
  readonly client: Socket;
  readonly connection: ServerConnection;
}

/** A client that has asked for a large last answer, and does not read it. */
async function openPair(): Promise<Pair> {
  const { promise, resolve } = withResolvers<ServerConnection>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new ServerConnection(socket, peer, {
      headerBytes: 4096,
      closing: () => true,
      dateLine: () => '',
      mayRemember: () => true,
      refused: () => {},
      upgrade: () => {},
      handle: (_head, writer) => {
        writer.head(readResponseHead(200, 'OK', ['Content-Length', String(bodyBytes)]), []);
        writer.data(Buffer.alloc(bodyBytes));
        writer.end([]);
        resolve(connection);
      },
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {}).pause();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const connection = await promise;
  return {
    client,
    connection,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function withResolvers<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}

it('does not cut off a client that takes its time over the last answer', async () => {
  await using pair = await openPair();
  const { client, connection } = pair;
  for (let i = 0; i < 20; i++) connection.grow(1000, patience);
  expect(connection.socket.destroyed).toBe(false);
  let read = 0;
  client.on('data', ({ length }) => (read += length)).resume();
  await once(client, 'end');
  expect(read).toBeGreaterThanOrEqual(bodyBytes);
});

it('gives up on a client that does not read the last answer', async () => {
  await using pair = await openPair();
  pair.connection.grow(patience.keepAliveMs, patience);
  expect(pair.connection.socket.destroyed).toBe(true);
});
