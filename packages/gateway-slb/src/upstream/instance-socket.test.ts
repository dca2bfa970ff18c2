import { once } from 'node:events';
import { type AddressInfo, type Socket, createServer } from 'node:net';
import { eventually } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { connectTo } from './instance-socket.ts';

it('hears an instance out that answers and closes before it has read all', async () => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connectTo({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const [[instance]] = (await Promise.all([once(server, 'connection'), once(socket, 'connect')])) as [
    [Socket],
    unknown,
  ];
  let heard = '';
  socket.on('data', (bytes) => (heard += String(bytes)));
  socket.on('error', () => {}); // the reset, where reading tells of it
  // All at once: nobody has read anything when the bytes are refused.
  instance.write('too much');
  instance.resetAndDestroy();
  for (const bytes of ['more', 'and', 'more']) socket.write(bytes);
  await eventually(() => socket.destroyed, { what: 'the end of the connection' });
  expect(heard).toBe('too much');
  server.close();
});
