import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net';
import type { Address } from '@ebb/activator';
import { eventually } from '@ebb/base/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { connectTimeoutMs } from './call.ts';
import { connectTo } from './instance-socket.ts';

/** Stands in for an instance. */
async function openServer(): Promise<{ server: Server; address: Address }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port } };
}

it('hears an instance out that answers and closes before it has read all', async () => {
  const { server, address } = await openServer();
  const socket = connectTo(address);
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
});

it('gives up on a connection that does not come about in time, and on none that has', async () => {
  const { address } = await openServer();
  const [slow, open] = [connectTo(address), connectTo(address)];
  onTestFinished(() => void open.destroy());
  expect(slow.timeout).toBe(connectTimeoutMs);
  const failed = once(slow, 'error');
  slow.emit('timeout');
  expect(await failed).toMatchObject([{ message: 'no connection in time' }]);
  await once(open, 'connect');
  expect(open.timeout).toBe(0);
});

it('asks the system to send what is written at once, not when all before it has been acknowledged', async () => {
  const { server, address } = await openServer();
  // Sockets can be told before there is anything to tell the system of: only their handles know whether it was.
  const handles = Object.getPrototypeOf(handleOf(server)) as { setNoDelay(on: boolean): number };
  const told = vi.spyOn(handles, 'setNoDelay');
  onTestFinished(() => told.mockRestore());
  const socket = connectTo(address);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const calls = told.mock.calls.filter((_, i) => told.mock.contexts[i] === handleOf(socket));
  expect(calls).toEqual([[true]]);
});

function handleOf(of: object): unknown {
  return Reflect.get(of, '_handle');
}
