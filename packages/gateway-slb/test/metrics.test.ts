import { silentLogger, systemClock } from '@ebb/base';
import { textOf } from '@ebb/base/metrics';
import { expect, it } from 'vitest';
import { createGateway } from '../src/index.ts';
import { createFakeClient } from './fake-client.ts';
import { expectSoon, host, openHttpBackend } from './harness.ts';
import { openHttp2Client } from './http2-client.ts';
import { exchangeRaw } from './raw-client.ts';
import { openWorld } from './world.ts';

it('counts requests that reach no revision, in every version of HTTP, by what they are answered', async () => {
  await using gateway = await createGateway({
    client: createFakeClient(),
    clock: systemClock,
    logger: silentLogger,
    random: Math.random,
    name: 'gateway-1',
    listeners: { public: { host: '127.0.0.1', port: 0 } },
    sendStats: () => {},
    limits: { headerBytes: 4096 },
  });
  await gateway.ready;
  const { port } = gateway.publicAddress;
  const countOf = async (reason: string, status: number): Promise<number> => {
    const line = `ebb_unrouted_requests_total{reason="${reason}",http_response_status_code="${status}"} `;
    const rest = (await textOf((out) => gateway.metrics(out))).split(line)[1];
    return rest === undefined ? 0 : Number.parseInt(rest, 10);
  };
  for (const host of ['one', 'two', 'three'])
    await exchangeRaw(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await exchangeRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n');
  await using client = await openHttp2Client(port);
  await client.ask({ ':authority': 'four' });
  expect(await countOf('no-route', 404)).toBe(5);
  await exchangeRaw(port, 'GET / HTTP/1.1\r\nno header\r\n\r\n');
  expect(await countOf('bad-request', 400)).toBe(1);
  await exchangeRaw(port, `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(5000)}\r\n\r\n`);
  expect(await countOf('bad-request', 431)).toBe(1);
  await client.ask({ ':authority': 'four', 'x-long': 'x'.repeat(5000) });
  expect(await countOf('bad-request', 431)).toBe(2);
  for (const end of ['', ' HTTP/1.1\r\nHost: a', ' HTTP/1.1\r\nHost: a\r\n\r\n'])
    await exchangeRaw(port, `GET /${'x'.repeat(5000)}${end}`);
  expect(await countOf('bad-request', 414)).toBe(3);
  await exchangeRaw(port, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
  expect(await countOf('not-supported', 405)).toBe(1);
});

it('counts the bytes of bodies as they pass, whether or not their lengths are announced', async () => {
  await using backend = await openHttpBackend((request, response) => {
    request.resume().on('end', () => {
      response.write('answer ');
      response.end('in chunks');
    });
  });
  await using world = await openWorld([backend]);
  const { port } = world.gateway.publicAddress;
  const post = `POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`;
  await exchangeRaw(port, `${post}Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\nfour\r\n0\r\n\r\n`);
  await exchangeRaw(port, `${post}Content-Length: 5\r\n\r\nfives`);
  const sumOf = async (whose: string): Promise<number> => {
    const line = new RegExp(
      `^http_server_${whose}_body_size_bytes_sum\\{.*http_response_status_code="200".*\\} (\\d+)$`,
      'm',
    );
    return Number(line.exec(await textOf((out) => world.gateway.metrics(out)))?.[1]);
  };
  await expectSoon(async () => (await sumOf('request')) === 12);
  expect(await sumOf('response')).toBe(2 * 'answer in chunks'.length);
});
