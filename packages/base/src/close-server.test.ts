import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, type Socket, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { makeCertificates } from './certificates.ts';
import { systemClock } from './clock.ts';
import { closerOf } from './close-server.ts';

async function connectTo(server: Server, greeting = ''): Promise<Socket> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.write(greeting);
  await once(server, 'connection');
  return client;
}

describe('a server closes', { timeout: 60_000 }, () => {
  it('though a client has not begun with TLS', async () => {
    const { certificate, key } = await makeCertificates({
      commonName: 'a',
      hosts: ['127.0.0.1'],
      now: systemClock.now(),
    });
    const server = createHttpsServer({ cert: certificate, key });
    const close = closerOf(server);
    const client = await connectTo(server);
    const closed = once(client, 'close');
    await close();
    await closed;
    expect(server.listening).toBe(false);
  });

  it('though a connection was upgraded', async () => {
    const server = createServer();
    const close = closerOf(server);
    const upgraded = once(server, 'upgrade');
    const client = await connectTo(server, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    await upgraded;
    const closed = once(client, 'close');
    await close();
    await closed;
    expect(server.listening).toBe(false);
  });

  it('after its grace, in which requests may end', async () => {
    const server = createServer((_, response) => void response.write('on its way'));
    const close = closerOf(server);
    const client = await connectTo(server, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(client, 'data');
    const closed = once(client, 'close');
    await close({ ms: 50, clock: systemClock });
    await closed;
    expect(server.listening).toBe(false);
  });
});
