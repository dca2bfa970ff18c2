import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Backend, type TestGateway, bodyOf, expectSoon, host, openGateway, openHttpBackend } from './harness.ts';
import { type RawClient, openRawClient } from './raw-client.ts';

/** What reached the instance, which speaks HTTP/1.1: request lines, and bodies that came to their end. */
let heads: string[] = [];
let bodies: string[] = [];
let raw: string[][] = [];
let backend: Backend;
let gateway: TestGateway;

beforeAll(async () => {
  backend = await openHttpBackend((request, response) => {
    heads.push(`${request.method} ${request.url}`);
    raw.push(request.rawHeaders);
    bodyOf(request).then(
      (body) => {
        bodies.push(body);
        response.end('reached');
      },
      () => response.destroy(),
    );
  });
  gateway = await openGateway({ backends: [backend], settings: { totalMs: 5000 } });
});
beforeEach(() => {
  heads = [];
  bodies = [];
  raw = [];
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

type Field = readonly [name: string, value: string];

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');

function frame(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(1, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK without any table: each name and value as it is (RFC 7541, section 6.2.2). */
function block(fields: readonly Field[]): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

const endStream = 1;
const endHeaders = 4;

/** A stream with these fields, data, and trailers, as no client library would send them. */
function stream(fields: readonly Field[], data?: string, trailers?: readonly Field[]): Buffer {
  const parts = [frame(1, endHeaders | (data === undefined && !trailers ? endStream : 0), block(fields))];
  if (data !== undefined) parts.push(frame(0, trailers ? 0 : endStream, Buffer.from(data, 'latin1')));
  if (trailers) parts.push(frame(1, endHeaders | endStream, block(trailers)));
  return Buffer.concat([preface, ...parts]);
}

const pseudo = (more: Record<string, string> = {}): Field[] =>
  Object.entries({ ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': host, ...more });
const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** RST_STREAM or GOAWAY, or a response whose status is 400 (a literal, or entry 12 of the static table) or 404. */
const isRefused = (heard: string): boolean => {
  for (let at = 0; at + 9 <= heard.length;) {
    const length = Buffer.from(heard.slice(at, at + 3), 'latin1').readUIntBE(0, 3);
    const type = heard.charCodeAt(at + 3);
    const payload = heard.slice(at + 9, at + 9 + length);
    if (type === 3 || type === 7) return true;
    if (type === 1) return ['\x8c', '\x8d'].includes(payload[0] ?? '') || /^[45]\d\d$/.test(payload.slice(2, 5));
    at += 9 + length;
  }
  return false;
};

async function send(bytes: Buffer): Promise<RawClient> {
  const client = await openRawClient(gateway.port);
  client.send(bytes);
  return client;
}

describe('a request in HTTP/2 that would be another in HTTP/1.1', () => {
  it.each<readonly [string, Buffer]>([
    [
      'a transfer encoding',
      stream([...pseudo({ ':method': 'POST' }), ['transfer-encoding', 'chunked']], `0\r\n\r\n${smuggled}`),
    ],
    ['a length that is too short', stream([...pseudo({ ':method': 'POST' }), ['content-length', '0']], smuggled)],
    ['a length that is too long', stream([...pseudo({ ':method': 'POST' }), ['content-length', '99']], 'hello')],
    [
      'two lengths',
      stream([...pseudo({ ':method': 'POST' }), ['content-length', '5'], ['content-length', '0']], 'hello'),
    ],
    ['a signed length', stream([...pseudo({ ':method': 'POST' }), ['content-length', '+5']], 'hello')],
    ['capitals in a name', stream([...pseudo(), ['X', '1']])],
    ['a space in the path', stream(pseudo({ ':path': '/ HTTP/1.1 x' }))],
    ['a line end in the path', stream(pseudo({ ':path': `/ HTTP/1.1\r\n\r\n${smuggled}` }))],
    ['a tab in the path', stream(pseudo({ ':path': '/\ta' }))],
    ['a fragment in the path', stream(pseudo({ ':path': '/a#b' }))],
    ['bytes beyond ASCII in the path', stream(pseudo({ ':path': '/caf\xe9' }))],
    ['no path', stream(pseudo({ ':path': '' }))],
    ['a path without a slash', stream(pseudo({ ':path': 'a' }))],
    ['a line end in the method', stream(pseudo({ ':method': `GET / HTTP/1.1\r\n\r\n${smuggled}` }))],
    ['a space in the method', stream(pseudo({ ':method': 'GET /a' }))],
    ['an unknown method', stream(pseudo({ ':method': 'FROBNICATE' }))],
    ['a line end in the authority', stream(pseudo({ ':authority': `${host}\r\nX: y` }))],
    ['user information', stream(pseudo({ ':authority': `me@${host}` }))],
    ['a list of hosts', stream(pseudo({ ':authority': `${host},other.example` }))],
    ['a path in the authority', stream(pseudo({ ':authority': `${host}/a` }))],
    ['another host', stream([...pseudo(), ['host', 'other.example']])],
    ['two hosts', stream([...pseudo(), ['host', host], ['host', 'other.example']])],
    ['no host', stream(pseudo().filter(([name]) => name !== ':authority'))],
    ['two paths', stream([...pseudo(), [':path', '/other']])],
    ['a pseudo-header behind others', stream([['x', 'y'], ...pseudo()])],
    ['an unknown pseudo-header', stream([...pseudo(), [':x', 'y']])],
    ['a pseudo-header of responses', stream([...pseudo(), [':status', '200']])],
    ['an offer to upgrade', stream([...pseudo(), ['connection', 'upgrade'], ['upgrade', 'websocket']])],
    [
      'CONNECT',
      stream([
        [':method', 'CONNECT'],
        [':authority', `${host}:443`],
      ]),
    ],
    ['a pseudo-header in the trailers', stream(pseudo({ ':method': 'POST' }), 'hello', [[':path', '/other']])],
    [
      'a transfer encoding in the trailers',
      stream(pseudo({ ':method': 'POST' }), 'hello', [['transfer-encoding', 'chunked']]),
    ],
    ['a length in the trailers', stream(pseudo({ ':method': 'POST' }), 'hello', [['content-length', '99']])],
    ['a line end in the trailers', stream(pseudo({ ':method': 'POST' }), 'hello', [['x', `y\r\n\r\n${smuggled}`]])],
    ['a line end in a value', stream([...pseudo(), ['x', `y\r\n\r\n${smuggled}`]])],
    ['a line feed in a value', stream([...pseudo(), ['x', 'y\nz: 1']])],
    ['a NUL in a value', stream([...pseudo(), ['x', 'y\0']])],
    ['a line end in a name', stream([...pseudo(), ['x: y\r\nz', '1']])],
    ['a colon in a name', stream([...pseudo(), ['x:y', '1']])],
    ['a space in a name', stream([...pseudo(), ['x y', '1']])],
    ['an empty name', stream([...pseudo(), ['', '1']])],
  ])('is refused: %s', async (_, bytes) => {
    await using client = await send(bytes);
    await expectSoon(() => client.ended() || isRefused(client.heard()));
    await expectSoon(() => gateway.inFlight() === 0);
    expect(heads.filter((head) => head !== 'POST /')).toEqual([]);
    expect(bodies).toEqual([]);
  });

  it.each<readonly [string, Buffer, string]>([
    ['a body without a length', stream(pseudo({ ':method': 'POST' }), `0\r\n\r\n${smuggled}`), `0\r\n\r\n${smuggled}`],
    ['a body of a GET', stream(pseudo(), smuggled), smuggled],
  ])('is one all the same: %s', async (_, bytes, body) => {
    await using client = await send(bytes);
    await client.hears('reached');
    expect(heads).toEqual([bytes.includes('POST') ? 'POST /' : 'GET /']);
    expect(bodies).toEqual([body]);
    expect(raw[0]?.filter((text) => /^(content-length|transfer-encoding)$/i.test(text))).toHaveLength(1);
  });
});
