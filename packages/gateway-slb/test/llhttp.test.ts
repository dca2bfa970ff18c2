import { EventEmitter } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Peer } from '../src/http/downstream.ts';
import { readTarget } from '../src/http/request-target.ts';
import { ServerConnection } from '../src/http1/server-connection.ts';

/** A request as a server understood it. */
interface Understood {
  readonly method: string;
  readonly target: string;
  /** `name: value`, those that say how the message is framed or what becomes of the connection left out; sorted. */
  readonly headers: readonly string[];
  readonly body: string;
}

/** Not passed on as they came. */
const ownAffair =
  /^(host|connection|transfer-encoding|content-length|expect|upgrade|te|keep-alive|proxy-connection|trailer|x-forwarded-\w+|http2-settings):/i;
const peer: Peer = { address: '127.0.0.1', proto: 'http', listener: 'public' };

const sorted = (list: readonly string[]): string[] =>
  list
    .flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${list[i + 1]}`] : []))
    .filter((line) => !ownAffair.test(line))
    .toSorted();

/** A socket that a test holds at its other end: it delivers what it is told at once, unless it is paused. */
class TestSocket extends EventEmitter {
  writableLength = 0;
  writableNeedDrain = false;
  written = '';
  #paused = false;
  #closed = false;
  #waiting: Buffer[] = [];

  deliver(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#flow();
  }

  write(text: string | Buffer): boolean {
    this.written += text.toString('latin1');
    return true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#flow();
  }

  end(): void {}

  destroySoon(): void {
    this.destroy();
  }

  destroy(): void {
    this.#closed = true;
  }

  #flow(): void {
    for (let next = this.#next(); next; next = this.#next()) this.emit('data', next);
  }

  #next(): Buffer | undefined {
    return this.#paused || this.#closed ? undefined : this.#waiting.shift();
  }
}

/** What Ebb understands of bytes that come in these pieces; only requests that came to their end. */
function ebb(pieces: readonly Buffer[]): Understood[] {
  const understood: Understood[] = [];
  const socket = new TestSocket();
  new ServerConnection(socket as unknown as Socket, peer, {
    headerBytes: 64 * 1024,
    closing: () => false,
    dateLine: () => '',
    handle: (head, writer) => {
      const { method, target } = head;
      // The gateway looks at the target when it looks for a route.
      if (target !== '*' && !readTarget(target)) head.fault ??= { status: 400, text: '' };
      if (head.fault) return writer.answer({ status: head.fault.status, headers: [], text: '' });
      const parts: string[] = [];
      const ended = (): void => {
        understood.push({ method, target, headers: sorted(head.headers.list()), body: parts.join('') });
        writer.answer({ status: 200, headers: [], text: '' });
      };
      if (!writer.body) return ended();
      writer.body.flow({ chunk: (bytes) => parts.push(bytes.toString('latin1')) > 0, ended });
    },
    // From here on it is Node's own server that reads.
    upgrade: () => {},
  });
  for (const piece of pieces) socket.deliver(piece);
  return understood;
}

/** What Node's HTTP server understands, which is llhttp and a few checks. */
async function llhttp(bytes: Buffer): Promise<Understood[]> {
  const understood: Understood[] = [];
  const server = createServer({ insecureHTTPParser: false, maxHeaderSize: 64 * 1024 });
  const take = (message: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url = '', rawHeaders } = message;
    let body = '';
    message.on('error', () => {});
    message.setEncoding('latin1').on('data', (text) => (body += String(text)));
    message.on('end', () => {
      understood.push({ method, target: url, headers: sorted(rawHeaders), body });
      response.end();
    });
  };
  server.on('request', take).on('checkContinue', take).on('checkExpectation', take);
  // Whoever destroyed the socket here would take the requests before the fault with it.
  server.on('clientError', () => {});
  const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  socket.on('error', () => {});
  server.emit('connection', socket);
  socket.push(bytes);
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  return understood;
}

/** All of it at once; cut in two at each of these places; byte by byte. */
function cuts(bytes: Buffer, places: readonly number[]): Buffer[][] {
  const inTwo = places.map((at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  return [[bytes], ...inTwo, Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))];
}

const everyPlace = (bytes: Buffer): number[] => Array.from({ length: bytes.length }, (_, i) => i);

/** Ebb understands the same however the bytes come; and all it understands, llhttp understands as the same. */
async function expectNoMoreLenient(text: string, places?: readonly number[]): Promise<number> {
  const bytes = Buffer.from(text, 'latin1');
  const [whole = [], ...parts] = cuts(bytes, places ?? everyPlace(bytes)).map(ebb);
  for (const part of parts) expect(part).toEqual(whole);
  const theirs = await llhttp(bytes);
  expect(theirs.slice(0, whole.length)).toEqual(whole);
  return whole.length;
}

const oneOf = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
const word = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,8}$/);
const value = fc.stringMatching(/^([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]{0,10}[\x21-\x7e\x80-\xff])?)?$/);
const target = fc.oneof(
  fc.stringMatching(/^\/[\w/.~!$&'()*+,;=:@%?-]{0,12}$/),
  oneOf('/', '*', 'http://a/b', 'https://a', '/a?b=c', '/%zz', '/|"<>'),
);
const length = fc.nat({ max: 40 });

const chunkedBody = fc
  .tuple(
    fc.array(fc.tuple(fc.stringMatching(/^[a-z0-9]{1,12}$/), oneOf('', '', ';a', ';a=b', ';a="b c"', '; a = b')), {
      maxLength: 3,
    }),
    fc.array(fc.tuple(word, value), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([chunks, trailers, capitals]) => {
    const size = ({ length: bytes }: string): string =>
      capitals ? bytes.toString(16).toUpperCase() : `0${bytes.toString(16)}`;
    const data = chunks.map(([text, extension]) => `${size(text)}${extension}\r\n${text}\r\n`).join('');
    return `${data}0\r\n${trailers.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n`;
  });

/** What HTTP allows, most of it. */
const request = fc
  .tuple(
    oneOf('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'PROPFIND', 'M-SEARCH'),
    target,
    oneOf('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'),
    fc.array(
      fc.oneof(
        fc.tuple(word, value).map(([name, text]) => `${name}: ${text}`),
        oneOf(
          'Connection: keep-alive',
          'Connection: close',
          'Connection: a, b',
          'Expect: 100-continue',
          'TE: trailers',
          'Cookie: a=b; c',
        ),
      ),
      { maxLength: 4 },
    ),
    fc.oneof(
      fc.constant(['', ''] as const),
      length.map((bytes) => [`Content-Length: ${bytes}\r\n`, 'x'.repeat(bytes)] as const),
      chunkedBody.map((body) => ['Transfer-Encoding: chunked\r\n', body] as const),
    ),
    oneOf('Host: a\r\n', 'Host: a:80\r\n', 'host:a\r\n', ''),
  )
  .map(([method, path, version, headers, [framing, body], host]) => {
    const lines = headers.map((line) => `${line}\r\n`).join('');
    return `${method} ${path} ${version}\r\n${host}${lines}${framing}\r\n${body}`;
  });

/** What attackers put where it does not belong. */
const scrap = fc.oneof(
  oneOf(
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    ' ',
    '\t',
    '\0',
    '\x0b',
    '\x0c',
    '\x7f',
    '\xff',
    ':',
    ',',
    ';',
    '"',
    '0',
    '-',
    '+',
    '0x',
    '\r\n ',
    '\n\n',
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: identity\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Host: b\r\n',
    'Connection: close\r\n',
    'Upgrade: websocket\r\nConnection: Upgrade\r\n',
    'Expect: 100-continue\r\n',
    'GET / HTTP/1.1\r\n',
    'HTTP/1.1',
    '0\r\n\r\n',
    '5\r\nhello\r\n',
    'chunked',
    'ffffffffffffffff',
  ),
  fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
);

/** A place, as a share of the whole; how much goes; what comes instead. */
const mutation = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 3 }), scrap);

function mutate(text: string, mutations: readonly (readonly [number, number, string])[]): string {
  return mutations.reduce((whole, [share, gone, put]) => {
    const at = Math.floor(share * whole.length);
    return whole.slice(0, at) + put + whole.slice(at + gone);
  }, text);
}

const places = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 8 });

describe('the parser, beside llhttp', () => {
  it('understands what HTTP allows, wherever it is cut', async () => {
    let understood = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
        understood += await expectNoMoreLenient(requests.join(''));
      }),
      { numRuns: 150 },
    );
    // Else it would say nothing that all it understood was right.
    expect(understood).toBeGreaterThan(50);
  });

  it('is never more lenient with what was tampered with', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 2 }),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        places,
        async (requests, mutations, at) => {
          await expectNoMoreLenient(mutate(requests.join(''), mutations), at);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('is never more lenient with scraps, nor with anything at all', async () => {
    const scraps = fc.array(fc.oneof(scrap, request), { maxLength: 12 }).map((some) => some.join(''));
    const anything = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(scraps, anything), places, async (text, at) => {
        await expectNoMoreLenient(text, at);
      }),
      { numRuns: 500 },
    );
  });
});
