import { describe, expect, it } from 'vitest';
import { expectSoon, host, openGateway, openHttpBackend, openRawBackend } from './harness.ts';
import { type RawClient, expectEnd, openRawClient } from './raw-client.ts';

const head = `POST / HTTP/1.1\r\nHost: ${host}\r\n`;
const get = (path = '/'): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** Sends a piece now and then, until the other side has closed. */
function trickle(client: RawClient, pieces: () => string): Disposable {
  const timer = setInterval(() => client.send(pieces()), 10);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

const timedOut = /HTTP\/1\.1 408 [^]*Connection: close/i;

describe('a client that is slow', () => {
  it.each([
    ['says nothing', '', /^$/],
    ['stops in the request line', 'GET / HT', timedOut],
    ['stops in a header', `${head}X: `, timedOut],
    ['stops before the empty line', head, timedOut],
    ['stops in its second request', `${get()}GET / HT`, timedOut],
  ])('and %s has only so much time', async (_, text, answer) => {
    await using backend = await openHttpBackend((_request, response) => void response.end('ok'));
    await using gateway = await openGateway({ backends: [backend], limits: { headersMs: 80, keepAliveMs: 80 } });
    await using client = await openRawClient(gateway.port);
    client.send(text);
    const heard = await expectEnd(client);
    expect(heard).toMatch(answer);
  });

  it.each([
    ['a header after the other', () => 'X: y\r\n'],
    ['a byte after the other', () => 'x'],
  ])('and sends %s has no more time than that', async (_, pieces) => {
    await using gateway = await openGateway({ limits: { headersMs: 100, headerBytes: 1024 * 1024 } });
    await using client = await openRawClient(gateway.port);
    client.send(`${head}X: y`);
    using _trickling = trickle(client, pieces);
    expect(await client.end()).toMatch(/HTTP\/1\.1 408 /);
  });

  it('with its body has as long as its revision gives it, and its slot is given back', async () => {
    await using backend = await openHttpBackend((request) => request.resume());
    await using gateway = await openGateway({
      backends: [backend],
      settings: { totalMs: 1500 },
      limits: { keepAliveMs: 100 },
    });
    await using client = await openRawClient(gateway.port);
    client.send(`${head}Content-Length: 1000000\r\n\r\n`);
    using _trickling = trickle(client, () => 'x');
    await expectSoon(() => gateway.inFlight() === 1);
    const heard = await client.end();
    expect(heard).toMatch(/^HTTP\/1\.1 504 /);
    expect(heard.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(gateway.inFlight()).toBe(0);
  });

  it('with a body that was refused does not keep the connection', async () => {
    await using gateway = await openGateway({ limits: { headersMs: 80, keepAliveMs: 80 } });
    await using client = await openRawClient(gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: nobody.example\r\nContent-Length: 1000000\r\n\r\n`);
    using _trickling = trickle(client, () => 'x');
    expect(await client.end()).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('a client that has half closed', () => {
  it.each([
    ['before its request', ''],
    ['in its request', 'GET / HTTP/1.1\r\nHost: '],
    ['after a request', get()],
    ['in its body', `${head}Content-Length: 10\r\n\r\nhello`],
    ['in its chunks', `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`],
  ])('is let go, and nothing of it stays: %s', async (_, text) => {
    await using backend = await openHttpBackend((request, response) => {
      request.on('error', () => {});
      request.resume().on('end', () => response.end('ok'));
    });
    await using gateway = await openGateway({ backends: [backend] });
    await using client = await openRawClient(gateway.port, { allowHalfOpen: true });
    client.send(text);
    client.socket.end();
    await expectEnd(client);
    await expectSoon(() => gateway.inFlight() === 0);
  });
});

describe('a client that leaves before there is an instance', () => {
  it.each([
    ['without a body', 'Content-Length: 1000\r\n', 0],
    ['with its body', 'Content-Length: 30000\r\n', 30_000],
    ['in its body', 'Content-Length: 1000000\r\n', 30_000],
    ['in its chunks', 'Transfer-Encoding: chunked\r\n', 30_000],
  ])('gives back its place %s', async (_, lines, bytes) => {
    await using gateway = await openGateway();
    await using client = await openRawClient(gateway.port);
    client.send(`${head}${lines}\r\n`);
    await expectSoon(() => gateway.activator.waiting === 1);
    const body = lines.startsWith('Transfer') ? '1\r\na\r\n'.repeat(bytes / 6) : 'a'.repeat(bytes);
    // As it comes over a network.
    for (let at = 0; at < bytes; at += 10_000) {
      client.send(body.slice(at, at + 10_000));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    client.socket.destroy();
    await expectSoon(() => gateway.activator.waiting === 0);
  });
});

describe('a client that does not read', () => {
  it('is not read for: the instance is held back, and let go in time', async () => {
    let sent = 0;
    let gone = false;
    await using backend = await openRawBackend((socket) => {
      socket.on('error', () => {}).on('close', () => (gone = true));
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
        const goOn = (): void => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536))) sent += 65_536;
          socket.once('drain', goOn);
        };
        goOn();
      });
    });
    await using gateway = await openGateway({ backends: [backend], settings: { totalMs: 2000 } });
    await using client = await openRawClient(gateway.port);
    client.socket.pause();
    const before = process.memoryUsage().arrayBuffers;
    client.send(get());
    await expectSoon(() => gateway.inFlight() === 1 && sent > 0);
    await expectSoon(() => gone && gateway.inFlight() === 0);
    // The system's own buffers hold some megabytes on either side.
    expect(sent).toBeLessThan(64 * 2 ** 20);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20);
  });

  it('the answers to its many requests is not asked for more of them', async () => {
    let asked = 0;
    await using backend = await openHttpBackend((_request, response) => {
      asked++;
      response.end('x'.repeat(10_000));
    });
    await using gateway = await openGateway({ backends: [backend], limits: { keepAliveMs: 400 } });
    await using client = await openRawClient(gateway.port);
    client.socket.pause();
    client.send(get().repeat(20_000));
    await expectSoon(() => asked > 100);
    let seen = -1;
    await expectSoon(async () => {
      const still = seen === asked;
      seen = asked;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return still;
    });
    expect(asked).toBeLessThan(10_000);
  });

  it('while it sends is not listened to without end', async () => {
    await using backend = await openRawBackend((socket) => {
      socket.pause();
    });
    await using gateway = await openGateway({ backends: [backend], settings: { totalMs: 1500 } });
    await using client = await openRawClient(gateway.port);
    client.send(`${head}Content-Length: 1000000000\r\n\r\n`);
    let sent = 0;
    const piece = Buffer.alloc(65_536);
    const goOn = (): void => {
      while (!client.ended() && client.socket.write(piece)) sent += piece.length;
      client.socket.once('drain', goOn);
    };
    goOn();
    await client.hears('HTTP/1.1 504');
    expect(sent).toBeLessThan(64 * 2 ** 20);
  });
});

describe('a head as large as it may be', () => {
  const limits = { headerBytes: 256 * 1024 };
  const withHeader = (length: number): string =>
    `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nX: ${'x'.repeat(length)}\r\n\r\n`;

  it('reaches the instance, in one piece or many', async () => {
    let received = 0;
    await using backend = await openRawBackend((socket) => {
      let text = '';
      socket.on('data', (bytes) => {
        text += bytes.toString('latin1');
        if (!text.includes('\r\n\r\n')) return;
        received = Math.max(...Array.from(text.matchAll(/x+/g), ([{ length }]) => length));
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    await using gateway = await openGateway({ backends: [backend], limits });
    for (const pieceBytes of [300_000, 10_000]) {
      await using client = await openRawClient(gateway.port);
      const text = withHeader(200_000);
      for (let at = 0; at < text.length; at += pieceBytes) {
        client.socket.write(text.slice(at, at + pieceBytes));
        await new Promise(setImmediate);
      }
      expect(await client.end()).toMatch(/^HTTP\/1\.1 200 [^]*ok$/);
      expect(received).toBe(200_000);
    }
  });

  it('takes no longer when it is made of blanks', async () => {
    await using backend = await openHttpBackend((request, response) => void response.end(request.headers['x']));
    await using gateway = await openGateway({ backends: [backend], limits });
    await using client = await openRawClient(gateway.port);
    // What Connection names is looked for, header by header.
    client.send(
      `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close, y\r\nY: 1${' '.repeat(200_000)}1\r\nX: seen\r\n\r\n`,
    );
    expect(await client.end()).toMatch(/^HTTP\/1\.1 200 [^]*seen$/);
  });

  it('may not be larger', async () => {
    await using gateway = await openGateway({ limits });
    await using client = await openRawClient(gateway.port);
    client.send(withHeader(300_000));
    expect(await client.end()).toMatch(/^HTTP\/1\.1 431 /);
  });
});

describe('connections', () => {
  it('beyond their number are closed, and those there are go on', async () => {
    await using backend = await openHttpBackend((_request, response) => void response.end('ok'));
    await using gateway = await openGateway({ backends: [backend], limits: { connections: 3 } });
    const clients = await Promise.all(Array.from({ length: 3 }, () => openRawClient(gateway.port)));
    for (const client of clients) client.send(get());
    await Promise.all(clients.map((client) => client.hears('ok')));
    await using late = await openRawClient(gateway.port);
    late.send(get());
    await expectEnd(late);
    for (const client of clients) {
      client.send(get('/again'));
      await client.hears(/ok[^]*ok/);
      await client[Symbol.asyncDispose]();
    }
    await expectSoon(async () => {
      await using next = await openRawClient(gateway.port);
      next.send(get());
      return (await Promise.race([next.hears('ok'), next.end()])).includes('ok');
    });
  });
});
