import { once } from 'node:events';
import { connect as connectPlainly } from 'node:net';
import { type TLSSocket, connect } from 'node:tls';
import { systemClock } from '@ebb/base';
import { type Certificates, makeCertificates } from '@ebb/base/certificates';
import { beforeAll, describe, expect, it } from 'vitest';
import { idleMs, listen } from './server.ts';

const host = '127.0.0.1';
let shown: Certificates;

describe('the webhook’s server', () => {
  beforeAll(async () => {
    shown = await makeCertificates({ commonName: 'webhook', hosts: [host], now: systemClock.now() });
  });

  it('keeps connections for longer than API servers do, one that was never asked anything as any other', async () => {
    const goClientsKeepMs = 90_000;
    expect(idleMs).toBeGreaterThan(goClientsKeepMs);
    const keepMs = 600;
    await using server = await listen({
      host,
      port: 0,
      shown,
      keepMs,
      clock: systemClock,
      handler: (_, response) => response.end('reviewed'),
    });
    const { port } = server.address;
    const since = systemClock.now();
    const [unused, used] = await Promise.all([openTo(port), openTo(port)]);
    await ask(used);
    const open = [unused, used].map(async (socket) => {
      await once(socket, 'close');
      return systemClock.now() - since;
    });
    // Timers may be early by a part of a millisecond.
    for (const keptMs of await Promise.all(open)) expect(keptMs).toBeGreaterThan(keepMs - 10);
  });

  it('answers beside all the connections that an API server may have open', async () => {
    const requestsInFlight = 600;
    await using server = await listen({
      host,
      port: 0,
      shown,
      clock: systemClock,
      handler: (_, response) => response.end('reviewed'),
    });
    const { port } = server.address;
    const others = await Promise.all(
      Array.from({ length: requestsInFlight }, async () => {
        const socket = connectPlainly({ host, port });
        await once(socket, 'connect');
        return socket;
      }),
    );
    const socket = await openTo(port);
    expect(await ask(socket)).toMatch(/^HTTP\/1\.1 200 /);
    for (const each of [socket, ...others]) each.destroy();
  });
});

async function openTo(port: number): Promise<TLSSocket> {
  const socket = connect({ host, port, ca: shown.ca, servername: '' });
  await once(socket, 'secureConnect');
  return socket;
}

async function ask(socket: TLSSocket): Promise<string> {
  socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}
