import { createHash } from 'node:crypto';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type Backend, echo, expectSoon, host, openGateway, openHttpBackend } from './harness.ts';
import { expectHears, expectEnd, exchangeRaw, openRawClient } from './raw-client.ts';

/** A backend that upgrades to an echo of bytes, after saying `hello`. */
const openEcho = (onSocket: (socket: Socket) => void = (socket) => void socket.write('hello')): Promise<Backend> =>
  openHttpBackend(
    (request, response) => void echo(request, response),
    (server) =>
      server.on('upgrade', (request, socket, head) => {
        const key = request.headers['sec-websocket-key'] ?? '';
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        const seen = JSON.stringify([
          request.url,
          request.headers['x-forwarded-for'],
          request.headers['k-original-host'],
        ]);
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n` +
            `Sec-WebSocket-Accept: ${accept}\r\nX-Seen: ${seen}\r\n\r\n`,
        );
        onSocket(socket as Socket);
        if (head.length > 0) socket.write(head);
        socket.pipe(socket);
      }),
  );

const upgrade = (protocol = 'websocket', path = '/'): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nK-Original-Host: forged\r\n\r\n';

describe('an upgraded connection', () => {
  it.each(['websocket', 'some-protocol'])(
    'to %s carries bytes both ways, and holds a slot until it ends',
    async (protocol) => {
      await using backend = await openEcho();
      await using gateway = await openGateway({ backends: [backend], config: { containerConcurrency: 1 } });
      await using client = await openRawClient(gateway.port);
      client.send(upgrade(protocol, '//a?b'));
      const head = await client.hears('hello');
      expect(head).toMatch(/^HTTP\/1.1 101 /);
      expect(head.toLowerCase()).toContain('s3pplmbitxaq9kygzzhzrbk+xoo='.toLowerCase());
      expect(head).toContain('["//a?b","127.0.0.1",null]');
      client.send('ping');
      await expectHears(client, 'helloping');
      await using waiting = await openRawClient(gateway.port);
      waiting.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      await expectSoon(() => gateway.activator.waiting === 1);
      expect(gateway.inFlight()).toBe(1);
      client.socket.end();
      await expectHears(waiting, 'HTTP/1.1 200');
    },
  );

  it('takes bytes the client sent at once', async () => {
    await using backend = await openEcho(() => {});
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(`${upgrade()}early`);
    await expectHears(client, /\r\n\r\nearly$/);
  });

  it('ends for the client when the instance ends it, and gives its slot back', async () => {
    await using backend = await openEcho((socket) => void socket.end('bye'));
    await using gateway = await openGateway({ backends: [backend] });
    expect(await exchangeRaw(gateway.port, upgrade())).toMatch(/bye$/);
    await expectSoon(() => gateway.inFlight() === 0);
  });

  it('ends when an instance does not heed that its client has left', async () => {
    await using backend = await openHttpBackend(
      () => {},
      (server) =>
        server.on('upgrade', (_, socket) => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
          socket.resume();
        }),
    );
    await using gateway = await openGateway({ backends: [backend], settings: { halfOpenMs: 50 } });
    await using client = await openRawClient(gateway.port);
    client.send(upgrade());
    await expectHears(client, 'hello');
    client.socket.destroy();
    await expectSoon(() => gateway.inFlight() === 0);
  });

  it('goes on in one direction while there is something to say', async () => {
    let ended = false;
    await using backend = await openHttpBackend(
      () => {},
      (server) =>
        server.on('upgrade', (_, socket) => {
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: some-protocol\r\n\r\nhello',
          );
          socket.resume().once('end', () => {
            ended = true;
            socket.end('all of it');
          });
        }),
    );
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port, { allowHalfOpen: true });
    client.send(upgrade('some-protocol'));
    await expectHears(client, 'hello');
    client.socket.end();
    await expectHears(client, 'helloall of it');
    expect(ended).toBe(true);
  });

  it.each(['client', 'instance'])('survives a reset by the %s', async (who) => {
    let theirs: Socket | undefined;
    await using backend = await openEcho((socket) => {
      theirs = socket;
      socket.on('error', () => {});
      socket.write('hello');
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(upgrade());
    await expectHears(client, 'hello');
    if (who === 'client') client.socket.resetAndDestroy();
    else theirs?.resetAndDestroy();
    await expectSoon(() => gateway.inFlight() === 0);
    await expectEnd(client);
  });

  it('waits for an instance, and for another when one cannot be reached', async () => {
    await using backend = await openEcho();
    await using gateway = await openGateway();
    await using client = await openRawClient(gateway.port);
    client.send(upgrade());
    await expectSoon(() => gateway.activator.waiting === 1);
    gateway.addPod({ port: 1 });
    gateway.addPod(backend);
    expect(await client.hears('hello')).toMatch(/^HTTP\/1.1 101 [^]*\r\nebb-cold-start: true\r\n[^]*\r\n\r\nhello$/);
  });

  it('is refused in plain words where there is nothing for it', async () => {
    await using gateway = await openGateway({ settings: { totalMs: 100 } });
    expect(await exchangeRaw(gateway.port, upgrade().replace(host, 'nobody'))).toMatch(/^HTTP\/1.1 404/);
    expect(await exchangeRaw(gateway.port, upgrade())).toMatch(/^HTTP\/1.1 504[^]*activator request timeout$/);
  });

  it('gives its place back when the client leaves while it waits', async () => {
    await using gateway = await openGateway();
    await using client = await openRawClient(gateway.port);
    client.send(upgrade());
    await expectSoon(() => gateway.activator.waiting === 1);
    client.socket.destroy();
    await expectSoon(() => gateway.activator.waiting === 0);
  });

  it('may be answered otherwise by the instance', async () => {
    await using backend = await openHttpBackend(
      () => {},
      (server) =>
        server.on('upgrade', (_, socket) => {
          socket.end('HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n');
        }),
    );
    await using gateway = await openGateway({ backends: [backend] });
    const text = await exchangeRaw(gateway.port, upgrade());
    expect(text).toMatch(/^HTTP\/1.1 403 Forbidden\r\n[^]*\r\n\r\nno$/);
    expect(text).not.toMatch(/transfer-encoding/i);
    await expectSoon(() => gateway.inFlight() === 0);
  });

  it('means 502 when the instance dies in the handshake', async () => {
    await using backend = await openHttpBackend(
      () => {},
      (server) => server.on('upgrade', (_, socket) => socket.destroy()),
    );
    await using gateway = await openGateway({ backends: [backend] });
    expect(await exchangeRaw(gateway.port, upgrade())).toMatch(/^HTTP\/1.1 502/);
    expect(gateway.inFlight()).toBe(0);
  });

  it.each([
    ['in all, though it is busy', { totalMs: 1500 }],
    ['without a byte after the handshake', { responseStartMs: 1500 }],
    ['while idle', { idleMs: 1500 }],
  ])('runs out of time: %s', async (_, settings) => {
    const busy = 'totalMs' in settings;
    await using backend = await openEcho((socket) => {
      const tick = setInterval(() => (busy ? socket.write('.') : undefined), 20);
      socket.once('close', () => clearInterval(tick)).on('error', () => {});
    });
    await using gateway = await openGateway({ backends: [backend], settings });
    expect(await exchangeRaw(gateway.port, upgrade())).toMatch(/^HTTP\/1.1 101/);
    await expectSoon(() => gateway.inFlight() === 0);
  });

  it('is closed soon after it has been idle for long enough, not at twice the time', async () => {
    await using backend = await openEcho();
    const idleMs = 3000;
    await using gateway = await openGateway({ backends: [backend], settings: { idleMs } });
    await using client = await openRawClient(gateway.port);
    client.send(upgrade());
    await expectHears(client, 'hello');
    const silentFrom = performance.now();
    await expectEnd(client);
    const silentMs = performance.now() - silentFrom;
    expect(silentMs).toBeGreaterThan(idleMs - 100);
    expect(silentMs).toBeLessThan(idleMs * 1.8);
  });

  it('lives on while bytes go either way', async () => {
    await using backend = await openEcho();
    await using gateway = await openGateway({ backends: [backend], settings: { idleMs: 2000, responseStartMs: 2000 } });
    await using client = await openRawClient(gateway.port);
    client.send(upgrade());
    for (let i = 0; i < 12; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      client.send(`<${i}>`);
    }
    await expectHears(client, '<11>');
  });

  it('is cut when the gateway closes', async () => {
    await using backend = await openEcho();
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(upgrade());
    await expectHears(client, 'hello');
    await gateway.plane.close({ graceMs: 50 });
    await expectEnd(client);
  });
});

describe('an upgrade that is but an offer', () => {
  it('of HTTP/2 is passed over', async () => {
    await using backend = await openHttpBackend((request, response) => void echo(request, response));
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    const offer = `POST /x HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 5\r\n\r\nhello`;
    client.send(offer);
    expect(await client.hears('"body":"hello"')).not.toContain('http2-settings');
    client.send(offer);
    await expectHears(client, /hello[^]*hello/);
  });
});

describe('an instance that speaks HTTP/2', () => {
  async function openHttp2Backend(): Promise<Backend> {
    const server = createHttp2Server();
    let connections = 0;
    server.on('session', () => connections++);
    server.on('stream', (stream, headers) => {
      let body = '';
      stream.on('error', () => {});
      stream.on('data', (chunk) => (body += String(chunk)));
      stream.on('end', () => {
        if (headers[':path'] === '/reset') return stream.close(2);
        stream.respond(
          { ':status': 200, 'x-te': headers.te ?? '', 'set-cookie': ['a', 'b'] },
          { waitForTrailers: true },
        );
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(`${headers[':method']} ${headers[':authority']} ${headers[':path']} ${body}`);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      connections: () => connections,
      [Symbol.asyncDispose]: async () => {
        server.close();
        await Promise.resolve();
      },
    };
  }

  it('is spoken to in it, trailers and all', async () => {
    await using backend = await openHttp2Backend();
    await using gateway = await openGateway({ backends: [backend], settings: { protocol: 'h2c' } });
    await using client = await openRawClient(gateway.port);
    client.send(`POST /a HTTP/1.1\r\nHost: ${host}\r\nTE: trailers\r\nContent-Length: 5\r\n\r\nhello`);
    const text = await client.hears('grpc-status: 0');
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\nx-te: trailers\r\nset-cookie: a\r\nset-cookie: b\r\n/);
    expect(text).toContain(`POST ${host} /a hello`);
    client.send(`GET /b HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await expectHears(client, `GET ${host} /b`);
    expect(backend.connections()).toBe(1);
    expect(
      await exchangeRaw(gateway.port, `GET /reset HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 502/);
  });

  it('is sent what a client says twice, as one of HTTP/1.1 is', async () => {
    await using backend = await openHttp2Backend();
    await using gateway = await openGateway({ backends: [backend], settings: { protocol: 'h2c' } });
    const twice = `GET / HTTP/1.1\r\nHost: ${host}\r\nContent-Type: a\r\nContent-Type: b\r\nConnection: close\r\n\r\n`;
    expect(await exchangeRaw(gateway.port, twice)).toMatch(/^HTTP\/1.1 200/);
    expect(gateway.inFlight()).toBe(0);
  });

  it('is not found in one that speaks HTTP/1.1: 502', async () => {
    await using backend = await openHttpBackend((_, response) => void response.end('x'));
    await using gateway = await openGateway({ backends: [backend], settings: { protocol: 'h2c' } });
    expect(await exchangeRaw(gateway.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 502/,
    );
    gateway.addPod({ port: 1 });
    expect(await exchangeRaw(gateway.port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 502/,
    );
  });
});
