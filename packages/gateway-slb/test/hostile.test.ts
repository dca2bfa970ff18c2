import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { expectSoon, host, openGateway, openHttpBackend, openRawBackend } from './harness.ts';
import { exchangeRaw } from './raw-client.ts';

/** Scraps of requests, and of answers, to be put together in any order. */
const asked = [
  'GET / HTTP/1.1\r\n',
  'POST /x HTTP/1.1\r\n',
  'HEAD / HTTP/1.1\r\n',
  'CONNECT a:1 HTTP/1.1\r\n',
  'OPTIONS * HTTP/1.1\r\n',
  `Host: ${host}\r\n`,
  'Upgrade: websocket\r\nConnection: Upgrade\r\n',
  'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Expect: 100-continue\r\n',
  'Connection: close\r\n',
  'X: y\r\n',
  '\r\n',
  'hello',
  '5\r\nhello\r\n',
  '0\r\n\r\n',
  'HTTP/1.0',
  '\0',
  ' ',
];
const answered = [
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 204 No Content\r\n',
  'HTTP/1.1 304 Not Modified\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Trailer: a\r\n',
  'Connection: close\r\n',
  '\r\n',
  'hello',
  '5\r\nhello\r\n',
  '0\r\n\r\n',
  '\0',
];

/** The same numbers in each run, in [0, 1). */
function seeded(seed: number): () => number {
  return () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}

describe.each(['http1', 'h2c'] as const)('against %s instances', (protocol) => {
  it('lives through clients and instances that send anything and leave at any time', async () => {
    const random = seeded(7);
    const some = (scraps: readonly string[], most: number): string =>
      Array.from({ length: Math.floor(random() * most) }, () => scraps[Math.floor(random() * scraps.length)]).join('');
    await using evil = await openRawBackend((socket) =>
      socket.on('data', () => {
        socket.write(some(answered, 8));
        const fate = random();
        if (fate < 0.3) socket.end();
        else if (fate < 0.5) socket.destroy();
        else if (fate < 0.6) socket.resetAndDestroy();
      }),
    );
    await using good = await openHttpBackend((request, response) => void request.pipe(response));
    await using gateway = await openGateway({ backends: [evil, good], settings: { totalMs: 400, protocol } });

    const visit = (): Promise<void> =>
      new Promise((resolve) => {
        const socket = connect(gateway.port, '127.0.0.1');
        socket.on('error', () => {}).on('close', () => resolve());
        socket.resume();
        const begun = random() < 0.7 ? `${some(asked.slice(0, 2), 2)}Host: ${host}\r\n${some(asked, 8)}\r\n` : '';
        socket.write(begun + some(asked, 10));
        const fate = random();
        setTimeout(() => {
          if (fate < 0.5) socket.destroy();
          else if (fate < 0.8) socket.resetAndDestroy();
          else socket.end();
          setTimeout(() => socket.destroy(), 200);
        }, random() * 20);
      });
    const visitor = async (): Promise<void> => {
      for (let i = 0; i < 25; i++) await visit();
    };
    await Promise.all(Array.from({ length: 30 }, visitor));

    await expectSoon(() => gateway.inFlight() === 0 && gateway.activator.waiting === 0);
    const unknown = 'GET / HTTP/1.1\r\nHost: nobody\r\nConnection: close\r\n\r\n';
    expect(await exchangeRaw(gateway.port, unknown)).toMatch(/^HTTP\/1.1 404/);
  });
});
