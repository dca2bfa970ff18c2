import { request as httpRequest } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { bodyOf, echo, expectSoon, host, openGateway, openHttpBackend, openRawBackend } from './harness.ts';
import { expectHears, exchangeRaw, openRawClient } from './raw-client.ts';

interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | number>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly message: IncomingMessage;
}

async function ask(port: number, options: Question = {}): Promise<Answer> {
  const { body, ...rest } = options;
  const request = httpRequest({ port, host: '127.0.0.1', agent: false, ...rest, headers: { host, ...rest.headers } });
  request.end(body);
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  return { status: message.statusCode ?? 0, headers: message.headers, message, body: await bodyOf(message) };
}

const get = (more = ''): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

describe('a request', () => {
  it('reaches the instance as it was sent, and says who sent it', async () => {
    await using backend = await openHttpBackend((request, response) => void echo(request, response));
    await using gateway = await openGateway({ backends: [backend] });
    const text = await exchangeRaw(
      gateway.port,
      'GET /a//b?c=%20d HTTP/1.1\r\nHost: Hello.Example.com:8080\r\nX-Odd-CASE: 1\r\nx-twice: a\r\nx-twice: b\r\n' +
        'Connection: close, X-Hop\r\nX-Hop: 1\r\nTE: trailers, deflate\r\nProxy-Authorization: x\r\nKeep-Alive: 3\r\n' +
        'Knative-Serving-Revision: forged\r\nK-Original-Host: forged\r\nK-Proxy-Request: activator\r\nK-Network-Hash: x\r\n' +
        'X-Forwarded-Proto: https\r\nX-Forwarded-For: 1.2.3.4\r\nAccept-Encoding: gzip\r\n\r\n',
    );
    const seen = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
    expect(seen.url).toBe('/a//b?c=%20d');
    const { connection: _, ...headers } = seen.headers;
    expect(headers).toEqual({
      host: 'Hello.Example.com:8080',
      'x-odd-case': '1',
      'x-twice': 'a, b',
      te: 'trailers',
      'accept-encoding': 'gzip',
      'x-forwarded-for': '1.2.3.4, 127.0.0.1',
      'x-forwarded-proto': 'http',
      forwarded: 'for=1.2.3.4;proto=http, for=127.0.0.1',
    });
    expect(seen.rawHeaders).toContain('X-Odd-CASE');
  });

  it('carries the headers its Ingress sets, and the Host it wants', async () => {
    await using backend = await openHttpBackend((request, response) => void echo(request, response));
    const path = {
      appendHeaders: { 'X-Set': 'ingress', 'K-Original-Host': 'a.example' },
      rewriteHost: 'inner.example',
    };
    await using gateway = await openGateway({ backends: [backend], path });
    const { body } = await ask(gateway.port, { headers: { 'x-set': 'client', 'K-Original-Host': 'client' } });
    expect(JSON.parse(body).headers).toMatchObject({
      host: 'inner.example',
      'x-set': 'ingress',
      'k-original-host': 'a.example',
    });
  });

  it('keeps its body, whether its length is announced or it comes in chunks with trailers', async () => {
    await using backend = await openHttpBackend((request, response) => void echo(request, response));
    await using gateway = await openGateway({ backends: [backend] });
    const sized = await ask(gateway.port, { method: 'POST', headers: { 'content-length': 5 }, body: 'hello' });
    expect(JSON.parse(sized.body)).toMatchObject({ method: 'POST', body: 'hello', headers: { 'content-length': '5' } });
    await using client = await openRawClient(gateway.port);
    client.send(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, Content-Length, a b\r\nConnection: close\r\n\r\n` +
        '5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n',
    );
    const text = await client.end();
    expect(text).toContain('"body":"hello"');
    expect(text).toContain('"trailers":["X-Sum","42"]');
    expect(text).toContain('"trailer":"X-Sum"');
    // Where no trailers can come, nothing announces them.
    expect(await exchangeRaw(gateway.port, get('Trailer: X-Sum\r\nConnection: close\r\n'))).not.toContain('"trailer"');
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH'])(
    '%s arrives without a body where it has none',
    async (method) => {
      await using backend = await openHttpBackend((request, response) => void echo(request, response));
      await using gateway = await openGateway({ backends: [backend] });
      const { body } = await ask(gateway.port, { method, headers: { 'content-length': '0' } });
      expect(JSON.parse(body)).toMatchObject({ method, body: '' });
    },
  );

  it.each(['GET', 'DELETE', 'OPTIONS'])('%s may have a body', async (method) => {
    await using backend = await openHttpBackend((request, response) => void echo(request, response));
    await using gateway = await openGateway({ backends: [backend] });
    for (const length of [{ 'content-length': 5 }, { 'transfer-encoding': 'chunked' }]) {
      const { body } = await ask(gateway.port, { method, headers: length, body: 'hello' });
      expect(JSON.parse(body)).toMatchObject({ method, body: 'hello' });
    }
  });

  it.each(['Content-Length: 104857600', 'Transfer-Encoding: chunked'])(
    'is not read faster than the instance reads it (%s)',
    async (length) => {
      await using backend = await openRawBackend((socket) => void socket.pause());
      await using gateway = await openGateway({ backends: [backend] });
      await using client = await openRawClient(gateway.port);
      client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\n${length}\r\n\r\n`);
      const chunk = length.startsWith('T') ? `10000\r\n${'x'.repeat(65_536)}\r\n` : 'x'.repeat(65_536);
      let sent = 0;
      while (sent < 100 << 20 && client.socket.write(chunk)) sent += chunk.length;
      let before = -1;
      await expectSoon(async () => {
        const still = before === sent;
        before = sent;
        await new Promise((resolve) => setTimeout(resolve, 100));
        while (sent < 100 << 20 && !client.socket.writableNeedDrain) {
          client.socket.write(chunk);
          sent += chunk.length;
        }
        return still;
      });
      expect(sent).toBeLessThan(32 << 20);
    },
  );

  it('that ends in the middle of its body is ended at the instance too', async () => {
    let ended = 0;
    await using backend = await openHttpBackend((request) => {
      request.resume();
      request.on('error', () => ended++);
    });
    await using gateway = await openGateway({ backends: [backend] });
    for (const length of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
      await using client = await openRawClient(gateway.port);
      client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\n${length}\r\n\r\n5\r\nhello\r\n`);
      await expectSoon(() => gateway.inFlight() === 1);
    }
    await expectSoon(() => gateway.inFlight() === 0 && ended > 0);
    expect(ended).toBeGreaterThan(0);
  });

  it('is let through in the size it has', async () => {
    await using backend = await openHttpBackend((request, response) => {
      let size = 0;
      request.on('data', (chunk: Buffer) => (size += chunk.length));
      request.on('end', () => response.end(String(size)));
    });
    await using gateway = await openGateway({ backends: [backend] });
    const body = 'x'.repeat(8 << 20);
    expect((await ask(gateway.port, { method: 'POST', headers: { 'content-length': body.length }, body })).body).toBe(
      String(8 << 20),
    );
    expect((await ask(gateway.port, { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body })).body).toBe(
      String(8 << 20),
    );
  });

  it('streams both ways at a time', async () => {
    await using backend = await openHttpBackend((request, response) => {
      response.flushHeaders();
      request.on('data', (chunk) => response.write(`got ${String(chunk)}`));
      request.on('end', () => response.end('over'));
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    await expectHears(client, 'HTTP/1.1 200');
    client.send('1\r\na\r\n');
    await expectHears(client, 'got a');
    client.send('1\r\nb\r\n');
    await expectHears(client, 'got b');
    client.send('0\r\n\r\n');
    await expectHears(client, 'over');
  });

  it('in absolute form goes where its target says', async () => {
    await using backend = await openHttpBackend((request, response) => void echo(request, response));
    await using gateway = await openGateway({ backends: [backend] });
    const text = await exchangeRaw(
      gateway.port,
      `GET http://${host}/x HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n`,
    );
    expect(text).toContain('"url":"/x"');
  });

  it('of HTTP/1.0 is answered in kind', async () => {
    await using backend = await openHttpBackend((_, response) => {
      response.write('a');
      response.end('b');
    });
    await using gateway = await openGateway({ backends: [backend] });
    const text = await exchangeRaw(gateway.port, `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(text).not.toMatch(/transfer-encoding/i);
    expect(text).toMatch(/\r\n\r\nab$/);
  });

  it('may be answered before its body has come', async () => {
    await using backend = await openHttpBackend((_, response) => void response.writeHead(413).end('too much'));
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1000000\r\n\r\nxxxx`);
    await expectHears(client, 'too much');
    expect(gateway.inFlight()).toBe(0);
    client.send('x'.repeat(999_996));
    client.send(get());
    await expectHears(client, /too much[^]*too much/);
  });

  it('waits for 100 Continue where the instance gives it, or its refusal', async () => {
    await using backend = await openHttpBackend(
      (request, response) => void echo(request, response),
      (server) =>
        server.on('checkContinue', (request, response) => {
          if (request.url === '/no') return response.writeHead(422).end('no');
          response.writeContinue();
          return void echo(request, response);
        }),
    );
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    const head = (path: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`;
    client.send(head('/yes'));
    await expectHears(client, 'HTTP/1.1 100 Continue\r\n\r\n');
    client.send('hello');
    await expectHears(client, '"body":"hello"');
    await using refused = await openRawClient(gateway.port);
    refused.send(head('/no'));
    expect(await refused.end()).toMatch(/^HTTP\/1.1 422[^]*Connection: close[^]*no/);
  });

  it('need not wait for ever where the instance knows nothing of 100 Continue', async () => {
    await using backend = await openRawBackend((socket) =>
      socket.on('data', (bytes) => String(bytes).endsWith('hello') && socket.end('HTTP/1.0 200 OK\r\n\r\ntaken')),
    );
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
    await expectHears(client, 'HTTP/1.1 100 Continue\r\n\r\n');
    client.send('hello');
    await expectHears(client, /200 OK[^]*taken/);
  });
});

describe('a response', () => {
  it('comes as it was sent', async () => {
    await using backend = await openRawBackend((socket) =>
      socket.once('data', () =>
        socket.end(
          'HTTP/1.1 299 Odd Word\r\nX-CaSe: \xe9\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Encoding: gzip\r\n' +
            'Keep-Alive: timeout=3\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 3\r\n\r\nabc',
          'latin1',
        ),
      ),
    );
    await using gateway = await openGateway({ backends: [backend] });
    const text = await exchangeRaw(gateway.port, get('Connection: close\r\n'));
    expect(text).toMatch(/^HTTP\/1.1 299 Odd Word\r\nX-CaSe: \xe9\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n/);
    expect(text).toContain('Content-Encoding: gzip');
    expect(text).not.toContain('X-Hop');
    expect(text).toMatch(/abc$/);
  });

  it('is passed on chunk by chunk, with its trailers', async () => {
    let next: () => void = () => {};
    await using backend = await openHttpBackend((_, response) => {
      response.writeHead(200, { Trailer: 'X-Sum' });
      response.flushHeaders();
      const chunks = ['one', 'two'];
      next = () => {
        const chunk = chunks.shift();
        if (chunk) response.write(chunk);
        else {
          response.addTrailers({ 'X-Sum': '42' });
          response.end();
        }
      };
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(get());
    await expectHears(client, 'HTTP/1.1 200');
    for (const part of ['one', 'two', 'X-Sum: 42']) {
      next();
      await expectHears(client, part);
    }
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('to %s with status %i has no body', async (method, status) => {
    await using backend = await openHttpBackend((_, response) => {
      response.writeHead(status, status === 200 ? { 'Content-Length': 5 } : { ETag: 'x' }).end();
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(`${method} / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const text = await client.hears(/\r\n\r\n$/);
    expect(text).toContain(status === 200 ? 'Content-Length: 5' : 'ETag: x');
    client.send(get('X: 1\r\n'));
    await expectHears(client, /HTTP[^]*HTTP/);
  });

  it('that was not modified may tell the length of what it leaves out', async () => {
    await using backend = await openHttpBackend((_, response) => {
      response.writeHead(304, { ETag: 'x', 'Content-Length': 5 }).end();
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    for (let i = 1; i <= 2; i++) {
      client.send(get());
      await expectSoon(() => client.heard().match(/Content-Length: 5[^]*?\r\n\r\n/g)?.length === i);
    }
    expect(client.ended()).toBe(false);
    expect(gateway.inFlight()).toBe(0);
  });

  it('may have others before it, which do not become its status', async () => {
    await using backend = await openRawBackend((socket) =>
      socket.on('data', () =>
        socket.write(
          'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n' +
            'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno',
        ),
      ),
    );
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(get());
    const text = await client.hears(/no$/);
    expect(text).toMatch(
      /^HTTP\/1.1 103 Early Hints\r\nLink: [^\r]*\r\n\r\nHTTP\/1.1 102 Processing\r\n\r\nHTTP\/1.1 404 /,
    );
    client.send(get());
    await expectHears(client, /no$/);
    const old = await exchangeRaw(gateway.port, `GET / HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
    expect(old).toMatch(/^HTTP\/1.1 404/);
  });

  it('may end with the connection', async () => {
    await using backend = await openRawBackend((socket) =>
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nto the end')),
    );
    await using gateway = await openGateway({ backends: [backend] });
    expect((await ask(gateway.port)).body).toBe('to the end');
    expect((await ask(gateway.port)).body).toBe('to the end');
  });

  it('is not read faster than the client reads it', async () => {
    let written = 0;
    await using backend = await openHttpBackend((_, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const fill = (): void => {
        while (written < 256 << 20) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', fill);
        }
        response.end();
      };
      fill();
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.socket.pause();
    client.send(get());
    let before = -1;
    await expectSoon(async () => {
      const still = before === written && written > 0;
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return still;
    });
    expect(written).toBeLessThan(64 << 20);
  });
});

describe('connections', () => {
  it('are kept on both sides', async () => {
    await using backend = await openHttpBackend((_, response) => void response.end('ok'));
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    for (let i = 1; i <= 5; i++) {
      client.send(get());
      await expectSoon(() => client.heard().match(/ok/g)?.length === i);
    }
    expect(backend.connections()).toBe(1);
  });

  it('answer pipelined requests in order', async () => {
    await using backend = await openHttpBackend((request, response) => {
      setTimeout(() => response.end(`[${request.url}]`), request.url === '/slow' ? 50 : 0);
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    const to = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    client.send(to('/slow') + to('/fast') + to('/last'));
    await expectHears(client, /\[\/slow\][^]*\[\/fast\][^]*\[\/last\]/);
  });

  it('that the instance closed in the meantime do no harm', async () => {
    await using backend = await openRawBackend((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        // Closes the moment the next request comes, as if it had been idle too long.
        socket.once('data', () => socket.destroy());
      }),
    );
    await using gateway = await openGateway({ backends: [backend] });
    for (let i = 0; i < 3; i++) expect((await ask(gateway.port)).body).toBe('ok');
  });

  it('that an instance closes soon are not trusted with what cannot be repeated', async () => {
    const served = new WeakSet<Socket>();
    let closed = false;
    await using backend = await openHttpBackend(({ socket }, response) => {
      if (served.has(socket)) return void socket.destroy();
      served.add(socket);
      response.end('ok');
      if (backend.connections() > 1) return;
      socket.once('close', () => (closed = true));
      response.once('finish', () => socket.end());
    });
    await using gateway = await openGateway({ backends: [backend] });
    expect((await ask(gateway.port)).body).toBe('ok');
    await expectSoon(() => closed);
    for (let i = 0; i < 3; i++) {
      expect((await ask(gateway.port, { method: 'POST', body: 'hi' })).body).toBe('ok');
    }
  });

  it('give their slot back at once when the client leaves', async () => {
    let closed = 0;
    await using backend = await openHttpBackend((request) => void request.socket.on('close', () => closed++));
    await using gateway = await openGateway({ backends: [backend], config: { containerConcurrency: 1 } });
    await using first = await openRawClient(gateway.port);
    await using second = await openRawClient(gateway.port);
    first.send(get());
    await expectSoon(() => gateway.inFlight() === 1);
    second.send(get());
    await expectSoon(() => gateway.activator.waiting === 1);
    second.socket.destroy();
    await expectSoon(() => gateway.activator.waiting === 0);
    first.socket.destroy();
    await expectSoon(() => gateway.inFlight() === 0 && closed === 1);
  });

  it('take their turn on a connection, and are all over when the client leaves', async () => {
    let seen = 0;
    await using backend = await openHttpBackend(() => void seen++);
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port);
    client.send(get() + get() + get());
    await expectSoon(() => seen === 1);
    expect(gateway.inFlight()).toBe(1);
    client.socket.destroy();
    await expectSoon(() => gateway.inFlight() === 0);
  });
});
