import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Backend, type TestGateway, bodyOf, expectSoon, host, openGateway, openHttpBackend } from './harness.ts';
import { exchangeRaw, openRawClient } from './raw-client.ts';

/** What reached the instance: method and target of each request whose head came, and bodies that came to their end. */
let heads: string[] = [];
let bodies: string[] = [];
let headers: Record<string, unknown>[] = [];
let trailers: string[] = [];
let backend: Backend;
let gateway: TestGateway;

beforeAll(async () => {
  backend = await openHttpBackend((request, response) => {
    heads.push(`${request.method} ${request.url}`);
    headers.push({ ...request.headers });
    bodyOf(request).then(
      (body) => {
        bodies.push(body);
        trailers.push(...request.rawTrailers);
        response.end('reached');
      },
      () => response.destroy(),
    );
  });
  const limits = { headerBytes: 16 * 1024 };
  gateway = await openGateway({ backends: [backend], limits, settings: { totalMs: 5000 } });
});
beforeEach(() => {
  heads = [];
  bodies = [];
  headers = [];
  trailers = [];
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

/** What an attacker hides behind the first request; it must never be taken for one of its own. */
const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

const hostLine = `Host: ${host}\r\n`;
const get = (line = 'GET / HTTP/1.1', lines = ''): string => `${line}\r\n${hostLine}${lines}\r\n`;
const post = (lines: string, body = ''): string => `POST / HTTP/1.1\r\n${hostLine}${lines}\r\n${body}`;
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body);
/** A request that hides another in its body, if its framing is read as the attacker wants it read. */
const hiding = (lines: string): string => post(lines, `0\r\n\r\n${smuggled}`);

type Attack = readonly [name: string, bytes: string];

const requestLines: readonly Attack[] = [
  ['HTTP/0.9', 'GET /\r\n\r\n'],
  ['HTTP/1.2', get('GET / HTTP/1.2')],
  ['HTTP/2.0', get('GET / HTTP/2.0')],
  ['HTTP/3', get('GET / HTTP/3')],
  ['HTTP/1.10', get('GET / HTTP/1.10')],
  ['HTTP/01.1', get('GET / HTTP/01.1')],
  ['HTTP/1,1', get('GET / HTTP/1,1')],
  ['a protocol in lower case', get('GET / http/1.1')],
  ['another protocol', get('GET / ICE/1.1')],
  ['the preface of HTTP/2 with a body', `PRI * HTTP/1.1\r\n${hostLine}\r\nSM\r\n\r\n`],
  ['two spaces after the method', get('GET  / HTTP/1.1')],
  ['two spaces before the version', get('GET /  HTTP/1.1')],
  ['a space before the method', get(' GET / HTTP/1.1')],
  ['a space at the end of the line', get('GET / HTTP/1.1 ')],
  ['tabs instead of spaces', get('GET\t/\tHTTP/1.1')],
  ['no target', get('GET HTTP/1.1')],
  ['an empty target', get('GET  HTTP/1.1')],
  ['a bare LF', `GET / HTTP/1.1\n${hostLine}\r\n`],
  ['a bare CR', `GET / HTTP/1.1\r${hostLine}\r\n`],
  ['two CRs', `GET / HTTP/1.1\r\r\n${hostLine}\r\n`],
  ['a NUL in the method', get('G\0T / HTTP/1.1')],
  ['a method that is no token', get('GE(T / HTTP/1.1')],
  ['a method of other letters', get('G\xc9T / HTTP/1.1')],
  ['no method', get('/ HTTP/1.1')],
  ['a method without end', `${'A'.repeat(20_000)} / HTTP/1.1\r\n${hostLine}\r\n`],
  ['a raw space in the target', get('GET /a b HTTP/1.1')],
  ['a control character in the target', get('GET /a\x01b HTTP/1.1')],
  ['DEL in the target', get('GET /a\x7fb HTTP/1.1')],
  ['a NUL in the target', get('GET /a\0b HTTP/1.1')],
  ['a tab in the target', get('GET /a\tb HTTP/1.1')],
  ['bytes beyond ASCII in the target', get('GET /caf\xe9 HTTP/1.1')],
  ['a fragment in the target', get('GET /a#b HTTP/1.1')],
  ['an authority as the target', get(`GET ${host}:80 HTTP/1.1`)],
  ['an asterisk as the target of a GET', get('GET * HTTP/1.1')],
  ['no slash in front of the target', get('GET a HTTP/1.1')],
  ['an absolute target with another scheme', get(`GET ftp://${host}/ HTTP/1.1`)],
  ['an absolute target with user information', get(`GET http://me@${host}/ HTTP/1.1`)],
  ['an absolute target without a host', get('GET http:///a HTTP/1.1')],
  ['an absolute target with a bad host', get('GET http://a,b/ HTTP/1.1')],
  ['CONNECT', `CONNECT ${host}:443 HTTP/1.1\r\n${hostLine}\r\n`],
  ['CONNECT with an upgrade', get(`CONNECT ${host}:443 HTTP/1.1`, 'Connection: Upgrade\r\nUpgrade: websocket\r\n')],
  ['a target that is too long', get(`GET /${'a'.repeat(20_000)} HTTP/1.1`)],
  ['a target without end', `GET /${'a'.repeat(40_000)}`],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
];

const headerLines: readonly Attack[] = [
  ['a space before the colon', get('GET / HTTP/1.1', 'X : y\r\n')],
  ['a tab before the colon', get('GET / HTTP/1.1', 'X\t: y\r\n')],
  ['no name', get('GET / HTTP/1.1', ': y\r\n')],
  ['no colon', get('GET / HTTP/1.1', 'X\r\n')],
  ['a space before the first', `GET / HTTP/1.1\r\n X: y\r\n${hostLine}\r\n`],
  ['a line folded by a space', get('GET / HTTP/1.1', 'X: y\r\n z\r\n')],
  ['a line folded by a tab', get('GET / HTTP/1.1', 'X: y\r\n\tz\r\n')],
  ['a fold that hides a length', hiding('X: y\r\n Content-Length: 6\r\n')],
  ['a bare LF', get('GET / HTTP/1.1', 'X: y\nZ: z\r\n')],
  ['a bare LF at the end', `GET / HTTP/1.1\r\n${hostLine}\n`],
  ['only bare LFs', `GET / HTTP/1.1\nHost: ${host}\n\n`],
  ['a bare CR in a value', get('GET / HTTP/1.1', 'X: y\rZ: z\r\n')],
  ['a bare CR in a name', get('GET / HTTP/1.1', 'X\rY: z\r\n')],
  ['a bare CR at the end of a value', get('GET / HTTP/1.1', 'X: y\r\r\n')],
  ['a bare CR before the end', `GET / HTTP/1.1\r\n${hostLine}\rX: y\r\n\r\n`],
  ['a NUL in a value', get('GET / HTTP/1.1', 'X: y\0z\r\n')],
  ['a NUL in a name', get('GET / HTTP/1.1', 'X\0: y\r\n')],
  ['a control character in a value', get('GET / HTTP/1.1', 'X: y\x01z\r\n')],
  ['a vertical tab in a value', get('GET / HTTP/1.1', 'X: \x0by\r\n')],
  ['a form feed in a value', get('GET / HTTP/1.1', 'X: y\x0c\r\n')],
  ['DEL in a value', get('GET / HTTP/1.1', 'X: y\x7fz\r\n')],
  ['a control character in a name', get('GET / HTTP/1.1', 'X\x01: y\r\n')],
  ['a letter beyond ASCII in a name', get('GET / HTTP/1.1', 'X\xe9: y\r\n')],
  ['brackets in a name', get('GET / HTTP/1.1', 'X[y]: z\r\n')],
  ['quotes in a name', get('GET / HTTP/1.1', '"X": y\r\n')],
  ['a value that is too long', get('GET / HTTP/1.1', `X: ${'y'.repeat(20_000)}\r\n`)],
  ['a name that is too long', get('GET / HTTP/1.1', `${'X'.repeat(20_000)}: y\r\n`)],
  ['a value without end', `GET / HTTP/1.1\r\n${hostLine}X: ${'y'.repeat(40_000)}`],
  ['too many', get('GET / HTTP/1.1', 'X: y\r\n'.repeat(4000))],
];

const hosts: readonly Attack[] = [
  ['none', 'GET / HTTP/1.1\r\n\r\n'],
  ['two', `GET / HTTP/1.1\r\n${hostLine}Host: other.example\r\n\r\n`],
  ['twice the same', `GET / HTTP/1.1\r\n${hostLine}${hostLine}\r\n`],
  ['user information', `GET / HTTP/1.1\r\nHost: me@${host}\r\n\r\n`],
  ['a space', `GET / HTTP/1.1\r\nHost: ${host} other.example\r\n\r\n`],
  ['a list', `GET / HTTP/1.1\r\nHost: ${host}, other.example\r\n\r\n`],
  ['a comma', `GET / HTTP/1.1\r\nHost: ${host},other.example\r\n\r\n`],
  ['a path', `GET / HTTP/1.1\r\nHost: ${host}/a\r\n\r\n`],
  ['a scheme', `GET / HTTP/1.1\r\nHost: http://${host}\r\n\r\n`],
  ['a query', `GET / HTTP/1.1\r\nHost: ${host}?a\r\n\r\n`],
  ['a fragment', `GET / HTTP/1.1\r\nHost: ${host}#a\r\n\r\n`],
  ['a port that is none', `GET / HTTP/1.1\r\nHost: ${host}:eighty\r\n\r\n`],
  ['two ports', `GET / HTTP/1.1\r\nHost: ${host}:80:80\r\n\r\n`],
  ['quotes', `GET / HTTP/1.1\r\nHost: "${host}"\r\n\r\n`],
  ['letters beyond ASCII', 'GET / HTTP/1.1\r\nHost: caf\xe9.example\r\n\r\n'],
  ['a backslash', `GET / HTTP/1.1\r\nHost: ${host}\\a\r\n\r\n`],
  ['an address that does not end', 'GET / HTTP/1.1\r\nHost: [::1\r\n\r\n'],
];

const lengths: readonly Attack[] = [
  ['two that differ', hiding('Content-Length: 6\r\nContent-Length: 5\r\n')],
  ['two in one line', hiding('Content-Length: 5, 6\r\n')],
  ['twice the same in one line', hiding('Content-Length: 5, 5\r\n')],
  ['without a space between', hiding('Content-Length: 5,5\r\n')],
  ['a sign', hiding('Content-Length: +5\r\n')],
  ['a negative one', hiding('Content-Length: -5\r\n')],
  ['two numbers', hiding('Content-Length: 5 5\r\n')],
  ['hexadecimal', hiding('Content-Length: 0x5\r\n')],
  ['a letter behind', hiding('Content-Length: 5a\r\n')],
  ['a fraction', hiding('Content-Length: 5.0\r\n')],
  ['an exponent', hiding('Content-Length: 1e1\r\n')],
  ['none', hiding('Content-Length:\r\n')],
  ['quotes', hiding('Content-Length: "5"\r\n')],
  ['a vertical tab', hiding('Content-Length: \x0b5\r\n')],
  ['a NUL', hiding('Content-Length: 5\0\r\n')],
  ['other digits', hiding('Content-Length: \xb2\r\n')],
  ['more than a number can hold', hiding('Content-Length: 9007199254740993\r\n')],
  ['more than 64 bits can hold', hiding('Content-Length: 18446744073709551621\r\n')],
  ['a thousand digits', hiding(`Content-Length: ${'9'.repeat(1000)}\r\n`)],
  ['a space before the colon', hiding('Content-Length : 5\r\n')],
  ['CL.TE', hiding('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n')],
  ['TE.CL', hiding('Transfer-Encoding: chunked\r\nContent-Length: 6\r\n')],
  ['CL.TE in other letters', hiding('CONTENT-LENGTH: 6\r\ntransfer-encoding: CHUNKED\r\n')],
  ['length 0 and chunks', hiding('Content-Length: 0\r\nTransfer-Encoding: chunked\r\n')],
  [
    'both, one named in Connection',
    hiding('Connection: Content-Length\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n'),
  ],
];

const transferEncodings: readonly Attack[] = [
  ['a space before the colon', hiding('Transfer-Encoding : chunked\r\n')],
  ['a tab before the colon', hiding('Transfer-Encoding\t: chunked\r\n')],
  ['a vertical tab before the value', hiding('Transfer-Encoding: \x0bchunked\r\n')],
  ['a vertical tab behind the value', hiding('Transfer-Encoding: chunked\x0b\r\n')],
  ['a form feed', hiding('Transfer-Encoding:\x0cchunked\r\n')],
  ['a NUL', hiding('Transfer-Encoding: chunked\0\r\n')],
  ['a letter in front', hiding('Transfer-Encoding: xchunked\r\n')],
  ['a letter behind', hiding('Transfer-Encoding: chunkedx\r\n')],
  ['cow', hiding('Transfer-Encoding: cow\r\n')],
  ['nothing', hiding('Transfer-Encoding:\r\n')],
  ['two lines', hiding('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n')],
  ['two lines that differ', hiding('Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n')],
  ['the other way round', hiding('Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n')],
  ['chunked, identity', hiding('Transfer-Encoding: chunked, identity\r\n')],
  ['identity, chunked', hiding('Transfer-Encoding: identity, chunked\r\n')],
  ['identity', hiding('Transfer-Encoding: identity\r\n')],
  ['chunked, chunked', hiding('Transfer-Encoding: chunked, chunked\r\n')],
  ['gzip and a length', hiding('Transfer-Encoding: gzip\r\nContent-Length: 6\r\n')],
  ['gzip in a line of its own', hiding('Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n')],
  ['chunked, gzip', hiding('Transfer-Encoding: chunked, gzip\r\n')],
  ['a comma in front', hiding('Transfer-Encoding: ,chunked\r\n')],
  ['a comma behind', hiding('Transfer-Encoding: chunked,\r\n')],
  ['quotes', hiding('Transfer-Encoding: "chunked"\r\n')],
  ['single quotes', hiding("Transfer-Encoding: 'chunked'\r\n")],
  ['a parameter', hiding('Transfer-Encoding: chunked;q=1\r\n')],
  ['two words', hiding('Transfer-Encoding: chunked chunked\r\n')],
  ['a fold', hiding('Transfer-Encoding:\r\n chunked\r\n')],
  ['a bare LF in front', hiding('X: y\nTransfer-Encoding: chunked\r\n')],
  ['a bare CR in front', hiding('X: y\rTransfer-Encoding: chunked\r\n')],
  ['in HTTP/1.0', hiding('Transfer-Encoding: chunked\r\n').replace('HTTP/1.1', 'HTTP/1.0')],
  ['letters beyond ASCII', hiding('Transfer-Encoding: chun\xebed\r\n')],
];

/** These are found only once the head has gone on; the instance must then not get a whole request. */
const chunkLines: readonly Attack[] = [
  ['a sign', chunked('+5\r\nhello\r\n0\r\n\r\n')],
  ['a negative size', chunked('-5\r\nhello\r\n0\r\n\r\n')],
  ['a size with 0x', chunked('0x5\r\nhello\r\n0\r\n\r\n')],
  ['a size with an underscore', chunked('1_0\r\nhello\r\n0\r\n\r\n')],
  ['a space before the size', chunked(' 5\r\nhello\r\n0\r\n\r\n')],
  ['no size', chunked('\r\nhello\r\n0\r\n\r\n')],
  ['no digit', chunked('g\r\nhello\r\n0\r\n\r\n')],
  ['a digit too many letters on', chunked('5g\r\nhello\r\n0\r\n\r\n')],
  ['a size of 2^53', chunked('20000000000000\r\nhello\r\n0\r\n\r\n')],
  ['a size beyond 64 bits', chunked('10000000000000005\r\nhello\r\n0\r\n\r\n')],
  ['a size with a hundred zeros in front', chunked(`${'0'.repeat(100)}5\r\nhello\r\n0\r\n\r\n`)],
  ['a NUL behind the size', chunked('5\0\r\nhello\r\n0\r\n\r\n')],
  ['a size that ends with LF', chunked('5\nhello\r\n0\r\n\r\n')],
  ['a size that ends with CR', chunked('5\rhello\r\n0\r\n\r\n')],
  ['a size that ends with two CRs', chunked('5\r\r\nhello\r\n0\r\n\r\n')],
  ['data that is longer than its size', chunked('5\r\nhello!\r\n0\r\n\r\n')],
  ['no line end behind the data', chunked('5\r\nhello0\r\n\r\n')],
  ['LF behind the data', chunked('5\r\nhello\n0\r\n\r\n')],
  ['CR behind the data', chunked('5\r\nhello\r0\r\n\r\n')],
  ['LF behind the last chunk', chunked('5\r\nhello\r\n0\n\r\n')],
  ['LF at the end', chunked('5\r\nhello\r\n0\r\n\n')],
  ['CR at the end', chunked('5\r\nhello\r\n0\r\n\rX')],
  ['an extension with a bare LF', chunked(`5;a\nhello\r\n0\r\n\r\n`)],
  ['an extension with a bare LF that hides a request', chunked(`2;\nxx\r\n4c\r\n0\r\n\r\n${smuggled}`)],
  ['an extension with a bare CR', chunked('5;a\rb\r\nhello\r\n0\r\n\r\n')],
  ['an extension with a NUL', chunked('5;a\0b\r\nhello\r\n0\r\n\r\n')],
  ['an extension without end', chunked(`5;${'a'.repeat(40_000)}`)],
  ['extensions in every chunk, long in all', chunked(`${`1;${'a'.repeat(1000)}\r\nh\r\n`.repeat(100)}0\r\n\r\n`)],
  ['a trailer without a colon', chunked('5\r\nhello\r\n0\r\nX\r\n\r\n')],
  ['a trailer with a space before the colon', chunked('5\r\nhello\r\n0\r\nX : y\r\n\r\n')],
  ['a folded trailer', chunked('5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n')],
  ['a trailer with a bare LF', chunked('5\r\nhello\r\n0\r\nX: y\nZ: z\r\n\r\n')],
  ['a trailer with a NUL', chunked('5\r\nhello\r\n0\r\nX: \0\r\n\r\n')],
  ['a trailer without a name', chunked('5\r\nhello\r\n0\r\n: y\r\n\r\n')],
  ['trailers without end', chunked(`5\r\nhello\r\n0\r\n${'X: y\r\n'.repeat(8000)}`)],
  ['a trailer that is too long', chunked(`5\r\nhello\r\n0\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`)],
];

/** The request is refused, the connection closed, and nothing of it, nor what follows it, reaches an instance. */
async function expectRefused(bytes: string, status = /400|405|408|413|414|417|431|501|505/): Promise<void> {
  const text = await exchangeRaw(gateway.port, Buffer.from(bytes + smuggled, 'latin1'));
  expect(text).toMatch(new RegExp(`^HTTP/1\\.1 (${status.source}) `));
  expect(text).toMatch(/\r\nConnection: close\r\n/i);
  expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  expect(heads).toEqual([]);
}

describe.each([
  ['request line', requestLines],
  ['header', headerLines],
  ['Host', hosts],
])('a %s that is not to be trusted', (_, attacks) => {
  it.each(attacks)('is refused: %s', async (_name, bytes) => {
    await expectRefused(bytes);
  });
});

describe.each([
  ['length', lengths],
  ['transfer encoding', transferEncodings],
])('a %s that leaves the end of the body in doubt', (_, attacks) => {
  it.each(attacks)('is refused with 400: %s', async (_name, bytes) => {
    await expectRefused(bytes, /400/);
  });
});

it.each(['gzip', 'gzip, chunked', 'deflate'])(
  'a body in a coding nobody here reads is refused with 501: %s',
  async (coding) => {
    await expectRefused(hiding(`Transfer-Encoding: ${coding}\r\n`), /501/);
  },
);

describe('a chunk that is not to be trusted', () => {
  it.each(chunkLines)('ends the connection: %s', async (_, bytes) => {
    const text = await exchangeRaw(gateway.port, Buffer.from(bytes + smuggled, 'latin1'));
    expect(text).not.toMatch(/HTTP\/1\.1 [23]/);
    expect(text).toMatch(/^(HTTP\/1\.1 (400|413|431) .*)?/);
    expect(text.match(/HTTP\/1\.1 \d/g) ?? []).toHaveLength(text === '' ? 0 : 1);
    expect(heads.filter((head) => head !== 'POST /')).toEqual([]);
    expect(bodies).toEqual([]);
    await expectSoon(() => gateway.inFlight() === 0);
  });
});

describe('what is unusual, but allowed', () => {
  const once = 'Connection: close\r\n';
  it.each([
    ['an empty line before the request', `\r\n${get('GET / HTTP/1.1', once)}`, ''],
    ['a value without a space before it', `GET / HTTP/1.1\r\nHost:${host}\r\nConnection:close\r\n\r\n`, ''],
    ['a tab before a value', `GET / HTTP/1.1\r\nHost:\t${host}\t\r\nConnection: close\r\n\r\n`, ''],
    ['an empty value', get('GET / HTTP/1.1', `X:\r\n${once}`), ''],
    ['bytes beyond ASCII in a value', get('GET / HTTP/1.1', `X: caf\xe9\r\n${once}`), ''],
    ['chunks in capitals', post(`Transfer-Encoding: CHUNKED\r\n${once}`, '5\r\nhello\r\n0\r\n\r\n'), 'hello'],
    [
      'sizes in small and capital letters',
      post(`Transfer-Encoding: Chunked\r\n${once}`, `a\r\n${'x'.repeat(10)}\r\nA\r\n${'y'.repeat(10)}\r\n0\r\n\r\n`),
      'x'.repeat(10) + 'y'.repeat(10),
    ],
    ['a short extension', post(`Transfer-Encoding: chunked\r\n${once}`, '5;a=b\r\nhello\r\n0;c\r\n\r\n'), 'hello'],
    ['an absolute target', get(`GET http://${host}/ HTTP/1.1`, once), ''],
    ['a target in capitals', get(`GET HTTP://${host.toUpperCase()} HTTP/1.1`, once), ''],
    ['a port', `GET / HTTP/1.1\r\nHost: ${host}:8080\r\n${once}\r\n`, ''],
    ['another method', get('PROPFIND / HTTP/1.1', once), ''],
    ['HTTP/1.0', get('GET / HTTP/1.0'), ''],
  ])('reaches the instance: %s', async (_, bytes, body) => {
    const text = await exchangeRaw(gateway.port, Buffer.from(bytes, 'latin1'));
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*reached/);
    expect(heads).toHaveLength(1);
    expect(heads[0]).toMatch(/^[A-Z]+ \/$/);
    expect(bodies).toEqual([body]);
    expect(headers[0]).toMatchObject({ host: expect.stringMatching(/^hello\.example\.com(:8080)?$/i) });
  });

  it.each([
    'Content-Length: 99',
    'Transfer-Encoding: chunked',
    'Host: other.example',
    'Knative-Serving-Revision: other',
    'K-Original-Host: other.example',
    'K-Proxy-Request: activator',
    'X-Forwarded-For: 192.0.2.1',
    'X_Forwarded-For: 192.0.2.1',
    'FORWARDED: for=192.0.2.1',
    'Authorization: me',
    'Cookie: a=b',
    'Content-Type: text/html',
    'If-Match: a',
    'Upgrade: websocket',
    'Connection: X',
  ])('but not a trailer that would have another meaning as a header: %s', async (trailer) => {
    const lines = `Transfer-Encoding: chunked\r\nConnection: close\r\n`;
    const text = await exchangeRaw(gateway.port, post(lines, `5\r\nhello\r\n0\r\n${trailer}\r\nX: y\r\n\r\n`));
    expect(text).toMatch(/^HTTP\/1\.1 200/);
    expect(bodies).toEqual(['hello']);
    expect(trailers).toEqual(['X', 'y']);
    expect(headers[0]).toMatchObject({ host });
  });

  it.each(['Content-Length', 'Transfer-Encoding', 'Host', 'X-Forwarded-For', 'Connection', 'Content-Length, close'])(
    'and Connection cannot take away %s',
    async (name) => {
      const framed = name.startsWith('Transfer') ? 'Transfer-Encoding: chunked\r\n' : 'Content-Length: 5\r\n';
      const body = name.startsWith('Transfer') ? '5\r\nhello\r\n0\r\n\r\n' : 'hello';
      await using client = await openRawClient(gateway.port);
      client.send(post(`Connection: ${name}\r\n${framed}`, body));
      await client.hears('reached');
      expect(bodies).toEqual(['hello']);
      expect(headers[0]).toMatchObject({ host, 'x-forwarded-for': expect.stringContaining('127.0.0.1') });
    },
  );
});

describe('requests sent one after another without waiting', () => {
  it('are answered in order', async () => {
    await using slow = await openHttpBackend((request, response) => {
      setTimeout(() => response.end(`<${request.url}>`), request.url === '/1' ? 40 : 0);
    });
    await using own = await openGateway({ backends: [slow] });
    const some = ['/1', '/2', '/3'].map((path) => get(`GET ${path} HTTP/1.1`)).join('');
    const text = await exchangeRaw(own.port, some + get('GET /4 HTTP/1.1', 'Connection: close\r\n') + smuggled);
    expect(text.match(/<[^>]*>/g)).toEqual(['</1>', '</2>', '</3>', '</4>']);
  });

  it.each([
    ['is refused', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n'],
    ['asks for an end', get('GET / HTTP/1.1', 'Connection: close\r\n')],
    ['asks for both', get('GET / HTTP/1.1', 'Connection: keep-alive, close\r\n')],
    ['is HTTP/1.0', get('GET / HTTP/1.0')],
  ])('are not looked at behind one that %s', async (_, second) => {
    const text = await exchangeRaw(gateway.port, get('GET /first HTTP/1.1') + second + smuggled);
    expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(2);
    expect(text).toMatch(/^HTTP\/1\.1 200/);
    expect(heads[0]).toBe('GET /first');
    expect(heads).not.toContain('GET /smuggled');
  });

  it('are not taken for a body of one that has none', async () => {
    const text = await exchangeRaw(
      gateway.port,
      get('GET /1 HTTP/1.1') + post('Content-Length: 0\r\n') + get('GET /2 HTTP/1.1', 'Connection: close\r\n'),
    );
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    expect(heads.toSorted()).toEqual(['GET /1', 'GET /2', 'POST /']);
    expect(bodies).toEqual(['', '', '']);
  });
});

describe('an offer to change protocol', () => {
  it('that an instance does not take leaves the next request a request', async () => {
    await using client = await openRawClient(gateway.port);
    client.send(
      get('GET /1 HTTP/1.1', 'Upgrade: websocket\r\nConnection: Upgrade\r\n') + 'GET /2 HTTP/1.1\r\nHost: a b\r\n\r\n',
    );
    const text = await client.end();
    expect(text).toMatch(/^HTTP\/1\.1 200/);
    expect(heads).toEqual(['GET /1']);
    expect(text.match(/HTTP\/1\.1 \d+/g)?.[1] ?? 'HTTP/1.1 400').toBe('HTTP/1.1 400');
  });

  it.each([
    ['h2c', 'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'],
    ['h2c among others', 'Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n'],
    ['h2c in a line of its own', 'Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'],
    ['websocket, with a body', 'Upgrade: websocket\r\nConnection: Upgrade\r\n'],
    ['not named in Connection', 'Upgrade: websocket\r\n'],
  ])('does not hide a body: %s', async (_, lines) => {
    await using client = await openRawClient(gateway.port);
    client.send(post(`${lines}Content-Length: ${smuggled.length}\r\n`, smuggled));
    await client.hears('reached');
    expect(heads).toEqual(['POST /']);
    expect(bodies).toEqual([smuggled]);
    expect(headers[0]).not.toHaveProperty('http2-settings');
    expect(headers[0]?.['upgrade'] ?? 'none').not.toBe('h2c');
  });
});

it.each([
  ['h2c', 'Upgrade: H2C\r\n'],
  ['among others', 'Upgrade: websocket, h2c\r\n'],
  ['in a line of its own', 'Upgrade: h2c\r\nUpgrade: websocket\r\n'],
  ['by its other name', 'Upgrade: HTTP/2.0\r\n'],
])('HTTP/2 is never what a connection to an instance is upgraded to: %s', async (_, lines) => {
  let asked = '';
  await using instance = await openHttpBackend(
    (_request, response) => void response.end('answered'),
    (server) =>
      server.on('upgrade', (request, socket) => {
        asked = String(request.headers.upgrade);
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
      }),
  );
  await using own = await openGateway({ backends: [instance] });
  await using client = await openRawClient(own.port);
  client.send(get('GET / HTTP/1.1', `Connection: Upgrade\r\n${lines}`));
  await client.hears('answered');
  expect(asked).toBe('');
});

describe('Expect', () => {
  it('does not make a body a request when the request is refused', async () => {
    const body = smuggled;
    await using client = await openRawClient(gateway.port);
    client.send(
      `POST / HTTP/1.1\r\nHost: nobody.example\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await client.hears(/^HTTP\/1\.1 404/);
    client.send(body);
    const text = await client.end();
    expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(heads).toEqual([]);
  });

  it('of something unknown is refused or passed on, with the body in its place', async () => {
    const text = await exchangeRaw(
      gateway.port,
      post('Expect: wonders\r\nConnection: close\r\nContent-Length: 5\r\n', 'hello'),
    );
    expect(text).toMatch(/^HTTP\/1\.1 (200|417)/);
    expect(text.match(/HTTP\/1\.1 [2-5]/g)).toHaveLength(1);
  });

  it('without a body, or again and again, does not make the instance wait', async () => {
    const one = get('GET / HTTP/1.1', 'Expect: 100-continue\r\n');
    const last = post(
      'Expect: 100-continue\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 5\r\n',
      'hello',
    );
    const text = await exchangeRaw(gateway.port, one + last);
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(bodies).toEqual(['', 'hello']);
  });
});
