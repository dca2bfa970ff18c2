import { EventEmitter } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Peer } from '../src/http/downstream.ts';
import { readTarget } from '../src/http/request-target.ts';
import { ServerConnection } from '../src/http1/server-connection.ts';
import {
  cuts,
  everyPlace,
  framing,
  mutate,
  mutation,
  oneOf,
  places,
  scrap,
  sorted,
  value,
  word,
} from './http-texts.ts';

/** A request as a server understood it. */
interface Understood {
  readonly method: string;
  readonly target: string;
  /** `name: value`, those that say how the message is framed or what becomes of the connection left out; sorted. */
  readonly headers: readonly string[];
  readonly body: string;
}

const peer: Peer = { address: '127.0.0.1', proto: 'http', listener: 'public' };

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
    mayRemember: () => true,
    refused: () => {},
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

/** Ebb understands the same however the bytes come; and all it understands, llhttp understands as the same. */
async function expectNoMoreLenient(text: string, places?: readonly number[]): Promise<number> {
  const bytes = Buffer.from(text, 'latin1');
  const [whole = [], ...parts] = cuts(bytes, places ?? everyPlace(bytes)).map(ebb);
  for (const part of parts) expect(part).toEqual(whole);
  const theirs = await llhttp(bytes);
  expect(theirs.slice(0, whole.length)).toEqual(whole);
  return whole.length;
}

const target = fc.oneof(
  fc.stringMatching(/^\/[\w/.~!$&'()*+,;=:@%?-]{0,12}$/),
  oneOf('/', '*', 'http://a/b', 'https://a', '/a?b=c', '/%zz', '/|"<>'),
);
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
          'Connection: named-one, named-two',
          'Expect: 100-continue',
          'TE: trailers',
          'Cookie: a=b; c',
        ),
      ),
      { maxLength: 4 },
    ),
    framing,
    oneOf('Host: a\r\n', 'Host: a:80\r\n', 'host:a\r\n', ''),
  )
  .map(([method, path, version, headers, [framing, body], host]) => {
    const lines = headers.map((line) => `${line}\r\n`).join('');
    return `${method} ${path} ${version}\r\n${host}${lines}${framing}\r\n${body}`;
  });

describe('the parser, beside llhttp', () => {
  it('understands what HTTP allows, wherever it is cut', async () => {
    let understood = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
        understood += await expectNoMoreLenient(requests.join(''));
      }),
      { numRuns: 60 },
    );
    // Else it would say nothing that all it understood was right.
    expect(understood).toBeGreaterThan(20);
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
      { numRuns: 800 },
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
