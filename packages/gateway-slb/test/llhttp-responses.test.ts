import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeaderList } from '../src/http/header-block.ts';
import { HeadMemory } from '../src/http1/head-memory.ts';
import { InstanceCall } from '../src/http1/instance-call.ts';
import type { ParsedResponse } from '../src/http1/response-parser.ts';
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

/** A response as a client understood it. */
interface Understood {
  readonly status: number;
  readonly statusText: string;
  /** Of 1xx responses before it. */
  readonly before: readonly number[];
  readonly headers: readonly string[];
  readonly body: string;
}

/** What Ebb understands of bytes that come in these pieces before the connection ends; undefined if it is no whole response. */
function ebb(method: string, pieces: readonly Buffer[]): Understood | undefined {
  let understood: Understood | undefined;
  let head: Omit<Understood, 'body' | 'before'> = { status: 0, statusText: '', headers: [] };
  const before: number[] = [];
  let body = '';
  const lastHead = new HeadMemory<ParsedResponse>();
  const channel = {
    reused: false,
    lastHead,
    write: () => true,
    writeBytes: () => true,
    pause: () => {},
    resume: () => {},
  };
  const asked = { method, path: '/', headers: new HeaderList([]), body: undefined, contentLength: undefined };
  const call = new InstanceCall(
    { ...channel, release: () => {} },
    '',
    { ...asked, expectsContinue: false, written: {} },
    {
      information: ({ status }) => void before.push(status),
      head: ({ status, statusText, headers }) => {
        head = { status, statusText, headers: sorted(headers.list()) };
      },
      data: (chunk) => {
        body += chunk.toString('latin1');
        return true;
      },
      flush: () => {},
      end: () => {
        understood = { ...head, before, body };
      },
      failed: () => {},
    },
  );
  call.begin();
  for (const piece of pieces) call.take(piece);
  call.closed();
  return understood;
}

/** What Node's HTTP client understands, which is llhttp and little else. */
async function llhttp(method: string, bytes: Buffer): Promise<Understood | undefined> {
  const socket = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  let understood: Understood | undefined;
  const before: number[] = [];
  const take = (response: IncomingMessage): void => {
    let body = '';
    response.setEncoding('latin1').on('data', (text) => (body += String(text)));
    response.on('error', () => {});
    response.on('end', () => {
      const { statusCode: status = 0, statusMessage: statusText = '', rawHeaders, complete } = response;
      if (complete) understood = { status, statusText, before, headers: sorted(rawHeaders), body };
    });
  };
  const asking = request({ method, createConnection: () => socket as Socket });
  asking.on('response', take).on('error', () => {});
  asking.on('information', ({ statusCode }) => void before.push(statusCode));
  asking.on('continue', () => {});
  asking.end();
  await new Promise((resolve) => setImmediate(resolve));
  socket.push(bytes);
  socket.push(null);
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  return understood;
}

/** Ebb understands the same however the bytes come; and what it understands, llhttp understands as the same. */
async function expectNoMoreLenient(method: string, text: string, at?: readonly number[]): Promise<boolean> {
  const bytes = Buffer.from(text, 'latin1');
  const [whole, ...parts] = cuts(bytes, at ?? everyPlace(bytes)).map((pieces) => ebb(method, pieces));
  for (const part of parts) expect(part).toEqual(whole);
  const theirs = whole && (await llhttp(method, bytes));
  expect(theirs).toEqual(whole);
  return whole !== undefined;
}

const method = oneOf('GET', 'GET', 'GET', 'HEAD', 'POST');

/** What HTTP allows, most of it. */
const response = fc
  .tuple(
    oneOf('', '', 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n', 'HTTP/1.1 102 Processing\r\n\r\n'),
    oneOf(
      'HTTP/1.1 200 OK',
      'HTTP/1.1 404 Not Found',
      'HTTP/1.1 204 No Content',
      'HTTP/1.1 304 ',
      'HTTP/1.0 200 OK',
      'HTTP/1.1 999 \xff\t!',
    ),
    fc.array(
      fc.oneof(
        fc.tuple(word, value).map(([name, text]) => `${name}: ${text}`),
        oneOf(
          'Connection: keep-alive',
          'Connection: close',
          'Connection: named-one, named-two',
          'Date: now',
          'Set-Cookie: a',
          'Trailer: x',
        ),
      ),
      { maxLength: 4 },
    ),
    framing,
    oneOf('', '', '', 'more'),
  )
  .map(([before, line, headers, [announced, body], more]) => {
    const lines = headers.map((each) => `${each}\r\n`).join('');
    return `${before}${line}\r\n${lines}${announced}\r\n${body}${more}`;
  });

describe('the parser of responses, beside llhttp', () => {
  it('understands what HTTP allows, wherever it is cut', async () => {
    let understood = 0;
    await fc.assert(
      fc.asyncProperty(method, response, async (asked, text) => {
        if (await expectNoMoreLenient(asked, text)) understood++;
      }),
      { numRuns: 60 },
    );
    expect(understood).toBeGreaterThan(20);
  });

  it('is never more lenient with what was tampered with, nor with scraps', async () => {
    const tampered = fc
      .tuple(response, fc.array(mutation, { minLength: 1, maxLength: 3 }))
      .map(([text, mutations]) => mutate(text, mutations));
    const scraps = fc.array(fc.oneof(scrap, response), { maxLength: 6 }).map((some) => some.join(''));
    await fc.assert(
      fc.asyncProperty(
        method,
        fc.oneof({ weight: 4, arbitrary: tampered }, scraps),
        places,
        async (asked, text, at) => {
          await expectNoMoreLenient(asked, text, at);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
