import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backend, type TestGateway, expectSoon, host, openGateway, openRawBackend } from './harness.ts';
import { exchangeRaw, openRawClient } from './raw-client.ts';

/** What the instance does when it is asked for `/attack`. */
let attack: (socket: Socket) => void = () => {};
let backend: Backend;
let gateway: TestGateway;

const good = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood';

beforeAll(async () => {
  backend = await openRawBackend((socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const request = text.slice(0, end);
        text = text.slice(end + 4);
        if (request.includes(' /attack ')) attack(socket);
        else socket.write(good);
      }
    });
    socket.on('end', () => socket.end());
  });
  gateway = await openGateway({ backends: [backend], settings: { totalMs: 10_000 } });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const get = (path: string, method = 'GET'): string => `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const last = (path: string, method = 'GET'): string =>
  `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

const says = (answer: string): void => {
  attack = (socket) => void socket.write(Buffer.from(answer, 'latin1'));
};

/** What others are answered is theirs: nothing of an attack has stayed behind on any connection. */
async function expectOthersUnharmed(): Promise<void> {
  const text = await exchangeRaw(gateway.port, get('/good') + get('/good') + last('/good'));
  expect(text.match(/HTTP\/1\.1 \d+|good|poison/g)).toEqual(Array(3).fill(['HTTP/1.1 200', 'good']).flat());
  expect(gateway.inFlight()).toBe(0);
}

const ok = (lines: string, body = ''): string => `HTTP/1.1 200 OK\r\n${lines}\r\n${body}`;
const sized = (line: string): string => ok(`Content-Length: 4\r\n${line}\r\n`, 'evil');
const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

describe('an answer that is not HTTP', () => {
  it.each([
    ['words', 'hello\r\n\r\n'],
    ['an older version', 'HTTP/0.9 200 OK\r\n\r\n'],
    ['a newer version', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['frames of HTTP/2', '\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64'],
    ['small letters', 'http/1.1 200 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['a signed status', 'HTTP/1.1 +20 OK\r\n\r\n'],
    ['two spaces', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['a space in front', ' HTTP/1.1 200 OK\r\n\r\n'],
    ['a tab', 'HTTP/1.1\t200\tOK\r\n\r\n'],
    ['a bare LF behind the status', 'HTTP/1.1 200 OK\nContent-Length: 4\r\n\r\nevil'],
    ['a bare CR in the words', 'HTTP/1.1 200 O\rK\r\nContent-Length: 4\r\n\r\nevil'],
    ['a NUL in the words', 'HTTP/1.1 200 O\0K\r\nContent-Length: 4\r\n\r\nevil'],
    ['an unasked change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
    ['bare LFs', 'HTTP/1.1 200 OK\nContent-Length: 4\n\nevil'],
    ['a folded line', sized('X: y\r\n z')],
    ['a space before a colon', sized('X : y')],
    ['a line without a colon', sized('X')],
    ['a line without a name', sized(': y')],
    ['a bare CR in a value', sized('X: y\rSet-Cookie: z')],
    ['a bare LF in a value', sized('X: y\nSet-Cookie: z')],
    ['a NUL in a value', sized('X: \0')],
    ['a control character in a value', sized('X: \x01')],
    ['a NUL in a name', sized('X\0: y')],
    ['a name that is no token', sized('X(y): z')],
    ['two lengths', ok('Content-Length: 4\r\nContent-Length: 5\r\n', `evil${poison}`)],
    ['a list of lengths', ok('Content-Length: 4, 5\r\n', `evil${poison}`)],
    ['a signed length', ok('Content-Length: +4\r\n', `evil${poison}`)],
    ['a negative length', ok('Content-Length: -1\r\n', `evil${poison}`)],
    ['a hexadecimal length', ok('Content-Length: 0x4\r\n', `evil${poison}`)],
    ['an empty length', ok('Content-Length:\r\n', `evil${poison}`)],
    ['a length beyond all numbers', ok('Content-Length: 99999999999999999999\r\n', `evil${poison}`)],
    [
      'a length and chunks',
      ok('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `4\r\nevil\r\n0\r\n\r\n${poison}`),
    ],
    [
      'chunks and a length',
      ok('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `4\r\nevil\r\n0\r\n\r\n${poison}`),
    ],
    ['chunks twice', ok('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${poison}`)],
    ['another transfer encoding', ok('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${poison}`)],
    ['identity', ok('Transfer-Encoding: identity\r\n', poison)],
    ['an obscured transfer encoding', ok('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${poison}`)],
    ['chunks in HTTP/1.0', `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${poison}`],
  ])('means 502: %s', async (_, answer) => {
    says(answer);
    const text = await exchangeRaw(gateway.port, last('/attack'));
    expect(text).toMatch(/^HTTP\/1\.1 502 [^]*\r\nebb-reason: upstream-invalid\r\n/);
    expect(text).not.toMatch(/evil|poison|127\.0\.0\.1/);
    await expectOthersUnharmed();
  });

  it.each([
    ['a head', 'HTTP/1.1 200 OK\r\n', 'X: y\r\n'],
    ['a line', 'HTTP/1.1 200 OK\r\nX: ', 'y'.repeat(1000)],
    ['a status line', 'HTTP/1.1 200 ', 'O'.repeat(1000)],
    ['answers before the answer', '', 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n'],
  ])('means 502 if it never comes to an end: %s', async (_, begin, more) => {
    let sent = 0;
    attack = (socket) => {
      socket.on('error', () => {});
      socket.write(begin);
      const goOn = (): void => {
        while (!socket.destroyed && socket.write(more.repeat(50))) sent += more.length * 50;
        socket.once('drain', goOn);
      };
      goOn();
    };
    const text = await exchangeRaw(gateway.port, last('/attack'));
    expect(text).toMatch(/(^|\n)HTTP\/1\.1 502 /);
    expect(sent).toBeLessThan(16 * 2 ** 20);
    await expectOthersUnharmed();
  });
});

describe('an answer that is longer than it says', () => {
  it.each([
    ['a length', ok('Content-Length: 4\r\n', `evil${poison}`), 'evil'],
    ['length 0', ok('Content-Length: 0\r\n', poison), ''],
    ['chunks', ok('Transfer-Encoding: chunked\r\n', `4\r\nevil\r\n0\r\n\r\n${poison}`), 'evil'],
    ['no content', `HTTP/1.1 204 No Content\r\n\r\n${poison}`, ''],
    ['no content, and a length', `HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\npoison`, ''],
    ['not modified', `HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n${poison}`, ''],
    ['an answer before it', `HTTP/1.1 103 Early Hints\r\n\r\n${ok('Content-Length: 4\r\n', `evil${poison}`)}`, 'evil'],
  ])('is cut to size, and its connection not used again: %s', async (_, answer, body) => {
    says(answer);
    const text = await exchangeRaw(gateway.port, get('/attack') + last('/good'));
    expect(text).not.toContain('poison');
    expect(text.match(/evil|good/g)?.join('')).toBe(`${body}good`);
    await expectOthersUnharmed();
  });

  it('to HEAD is none', async () => {
    says(ok('Content-Length: 6\r\n', `poison${poison}`));
    const text = await exchangeRaw(gateway.port, get('/attack', 'HEAD') + last('/good'));
    expect(text).not.toContain('poison');
    expect(text).toMatch(/Content-Length: 6[^]*good$/);
    await expectOthersUnharmed();
  });

  it('because it took a body for a request is not what others get', async () => {
    says(poison);
    await using client = await openRawClient(gateway.port);
    const hidden = 'GET /attack HTTP/1.1\r\nX: ';
    client.send(`GET /good HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`);
    await client.hears('good');
    await expectOthersUnharmed();
  });

  it('by bytes that come later is not the answer to the next request', async () => {
    let instance: Socket | undefined;
    attack = (socket) => {
      socket.write(ok('Content-Length: 4\r\n', 'evil'));
      instance = socket;
    };
    await using client = await openRawClient(gateway.port);
    client.send(get('/attack'));
    await client.hears('evil');
    instance?.write(poison);
    await expectSoon(() => instance?.destroyed === true);
    client.send(get('/good'));
    expect(await client.hears('good')).not.toContain('poison');
    await expectOthersUnharmed();
  });

  it.each([
    ['HEAD', ok('Content-Length: 6\r\n')],
    ['HEAD', ok('Transfer-Encoding: chunked\r\n')],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\n'],
  ])(
    'by a body where none may be, which comes late, is not the answer to the next request: %s',
    async (method, answer) => {
      attack = (socket) => {
        socket.prependOnceListener('data', () => socket.write(poison));
        socket.write(answer);
      };
      await using client = await openRawClient(gateway.port);
      client.send(get('/attack', method) + get('/good'));
      expect(await client.hears('good')).not.toContain('poison');
      await expectOthersUnharmed();
    },
  );

  it('does not tell the client of a length that nothing follows', async () => {
    says('HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n');
    const text = await exchangeRaw(gateway.port, get('/attack') + last('/good'));
    expect(text).toMatch(/HTTP\/1\.1 204/);
    expect(text).not.toMatch(/Content-Length: 5/i);
  });
});

describe('an answer that breaks off', () => {
  it.each([
    ['before its length', ok('Content-Length: 100\r\n', 'evil'), 'end'],
    ['before its length, with a reset', ok('Content-Length: 100\r\n', 'evil'), 'reset'],
    ['before the last chunk', ok('Transfer-Encoding: chunked\r\n', '4\r\nevil\r\n'), 'end'],
    ['in a chunk', ok('Transfer-Encoding: chunked\r\n', '100\r\nevil'), 'end'],
    ['in the trailers', ok('Transfer-Encoding: chunked\r\n', '4\r\nevil\r\n0\r\nX: y\r\n'), 'end'],
    ['at a signed size', ok('Transfer-Encoding: chunked\r\n', '4\r\nevil\r\n+4\r\nevil\r\n0\r\n\r\n'), 'stay'],
    ['at a size with 0x', ok('Transfer-Encoding: chunked\r\n', '4\r\nevil\r\n0x4\r\nevil\r\n0\r\n\r\n'), 'stay'],
    ['at a size too great', ok('Transfer-Encoding: chunked\r\n', '4\r\nevil\r\nFFFFFFFFFFFFFFFFF\r\n'), 'stay'],
    ['at a chunk longer than its size', ok('Transfer-Encoding: chunked\r\n', '4\r\nevil!\r\n0\r\n\r\n'), 'stay'],
    ['at a bare LF', ok('Transfer-Encoding: chunked\r\n', '4\r\nevil\r\n0\n\r\n'), 'stay'],
    ['at a bad trailer', ok('Transfer-Encoding: chunked\r\n', '4\r\nevil\r\n0\r\nX y\r\n\r\n'), 'stay'],
  ] as const)('is cut for the client too, so that it is not taken for whole: %s', async (_, answer, then) => {
    attack = (socket) => {
      socket.write(answer, () => {
        if (then === 'end') socket.end();
        else if (then === 'reset') socket.resetAndDestroy();
      });
    };
    const text = await exchangeRaw(gateway.port, get('/attack') + get('/good'));
    // Either nothing was said before, or what was said is not complete; and nothing follows it.
    const whole = /\r\n0\r\n(?:.+\r\n)*\r\n$/;
    expect(text === '' || text.startsWith('HTTP/1.1 502') || !whole.test(text)).toBe(true);
    expect(text).not.toContain('good');
    await expectOthersUnharmed();
  });
});

describe('headers of an answer', () => {
  it('that concern the connection do not reach the client', async () => {
    says(
      ok(
        'Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nX-End: 1\r\nContent-Length: 4\r\n',
        'evil',
      ),
    );
    await using client = await openRawClient(gateway.port);
    client.send(get('/attack'));
    const text = await client.hears('evil');
    expect(text).not.toMatch(/\r\n(connection|x-hop|keep-alive|proxy-connection|upgrade):/i);
    expect(text).toContain('X-End: 1');
    client.send(get('/good'));
    await client.hears('good');
  });

  it('named in Connection do not take its length away', async () => {
    says(ok('Connection: Content-Length\r\nContent-Length: 4\r\n', 'evil'));
    const text = await exchangeRaw(gateway.port, get('/attack') + last('/good'));
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*\r\nContent-Length: 4\r\n[^]*evilHTTP\/1\.1 200 [^]*good$/);
  });
});
