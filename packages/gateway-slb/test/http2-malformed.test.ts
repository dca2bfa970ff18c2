import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSoon, host } from './harness.ts';
import { type Target, openTarget } from './http2-target.ts';
import { fieldBlock, flags, frame, settings, words } from './raw-http2-client.ts';

const { endHeaders, endStream, padded, priority } = flags;
const whole = endHeaders | endStream;

/** Frames of one client, the request in question on stream 1. `path` is its own. */
type Frames = (target: Target, path: string) => readonly Buffer[];

const headers = (list: readonly string[], bits: number = whole, id = 1): Buffer =>
  frame('headers', id, { flags: bits, payload: fieldBlock(list) });
const data = (text: string, bits: number = endStream, id = 1): Buffer =>
  frame('data', id, { flags: bits, payload: text });

/** A request with these fields beside what it needs. */
const having =
  (...more: string[]): Frames =>
  (target, path) => [target.get(1, path, ...more)];
/** One whose pseudo-headers are changed. */
const changed =
  (change: (list: string[]) => string[]): Frames =>
  (target, path) => [headers(change(target.request(path)))];
const without = (name: string): Frames =>
  changed((list) => [...list.slice(0, list.indexOf(name)), ...list.slice(list.indexOf(name) + 2)]);
const setting = (name: string, value: (path: string) => string): Frames =>
  changed((list) =>
    list.map((text, i) => (list[i - 1] === name ? value(list[list.indexOf(':path') + 1] ?? '') : text)),
  );
const withBody =
  (length: readonly string[], ...body: Buffer[]): Frames =>
  (target, path) => [target.post(1, path, ...length.flatMap((value) => ['content-length', value])), ...body];

/** RFC 9113, sections 8.1 to 8.3 and 8.5: requests that must come to no instance as if they were any good. */
const malformed: Record<string, Frames> = {
  'a name in capitals': having('X-Own', 'a'),
  'an empty name': having('', 'a'),
  'a blank in a name': having('x own', 'a'),
  'a colon in a name': having('x:own', 'a'),
  'a line end in a name': having('x-own\r\nx-other', 'a'),
  'NUL in a name': having('x\0', 'a'),
  'a letter beyond ASCII in a name': having('x\xe9', 'a'),
  'CR in a value': having('x-own', 'a\rb'),
  'LF in a value': having('x-own', 'a\nb'),
  'a header within a value': having('x-own', 'a\r\nx-other: b'),
  'NUL in a value': having('x-own', 'a\0b'),
  'a blank before a value': having('x-own', ' a'),
  'a blank after a value': having('x-own', 'a '),
  'a tab after a value': having('x-own', 'a\t'),
  connection: having('connection', 'close'),
  'keep-alive': having('keep-alive', 'timeout=5'),
  'proxy-connection': having('proxy-connection', 'keep-alive'),
  'transfer-encoding': having('transfer-encoding', 'chunked'),
  upgrade: having('upgrade', 'websocket'),
  'te that is more than trailers': having('te', 'gzip'),
  'no :method': without(':method'),
  'no :scheme': without(':scheme'),
  'no :path': without(':path'),
  'neither :authority nor host': without(':authority'),
  'two :methods': changed((list) => [':method', 'GET', ...list]),
  'two :paths': changed((list) => [':path', '/', ...list]),
  'two :authorities': changed((list) => [':authority', host, ...list]),
  'a pseudo-header after a header': changed((list) => [...list.slice(0, -2), 'x-own', 'a', ...list.slice(-2)]),
  'a pseudo-header nobody knows': changed((list) => [':own', 'a', ...list]),
  'a pseudo-header of responses': changed((list) => [':status', '200', ...list]),
  'an empty :method': setting(':method', () => ''),
  'a request line as :method': setting(':method', (path) => `GET ${path} HTTP/1.1\r\nx: y`),
  'a blank in :method': setting(':method', () => 'GET '),
  'an empty :path': setting(':path', () => ''),
  'a :path without a slash': setting(':path', (path) => path.slice(1)),
  'a fragment': setting(':path', (path) => `${path}#a`),
  'a blank in :path': setting(':path', (path) => `${path} HTTP/1.1`),
  'a line end in :path': setting(':path', (path) => `${path}\r\nx-other: b`),
  'an asterisk for GET': setting(':path', () => '*'),
  'an empty :authority': setting(':authority', () => ''),
  'an empty :authority beside a host': changed((list) => [
    ...list.map((text) => (text === host ? '' : text)),
    'host',
    host,
  ]),
  'an empty host': having('host', ''),
  'a user in :authority': setting(':authority', () => `user@${host}`),
  'a path in :authority': setting(':authority', () => `${host}/a`),
  'a line end in :authority': setting(':authority', () => `${host}\r\nx-other: b`),
  'another host': having('host', 'other.example.com'),
  'two hosts': changed((list) => [
    ...list.filter((_, i) => i !== 4 && i !== 5),
    'host',
    host,
    'host',
    'other.example.com',
  ]),
  CONNECT: changed(() => [':method', 'CONNECT', ':authority', host]),
  'CONNECT with :path': setting(':method', () => 'CONNECT'),
  'CONNECT for another protocol': changed((list) => [':method', 'CONNECT', ':protocol', 'websocket', ...list.slice(2)]),
  'content-length without a body': having('content-length', '5'),
  'more than content-length': withBody(['2'], data('hello')),
  'less than content-length': withBody(['9'], data('hello')),
  'two content-lengths': withBody(['5', '6'], data('hello')),
  'a list of content-lengths': withBody(['5, 6'], data('hello')),
  'a positive content-length': withBody(['+5'], data('hello')),
  'a negative content-length': withBody(['-5'], data('hello')),
  'a content-length in hex': withBody(['0x5'], data('hello')),
  'a content-length past all numbers': withBody(['18446744073709551621'], data('hello')),
  'an empty content-length': withBody([''], data('hello')),
  'trailers that end nothing': withBody([], data('hello', 0), headers(['x-sum', '1'], endHeaders), data('more')),
  'a pseudo-header in trailers': withBody([], data('hello', 0), headers([':path', '/'])),
  'a line end in trailers': withBody([], data('hello', 0), headers(['x-sum', '1\r\nx: y'])),
  'capitals in trailers': withBody([], data('hello', 0), headers(['X-Sum', '1'])),
};

const block = (hex: string, bits: number = whole): Frames => {
  return () => [frame('headers', 1, { flags: bits, payload: Buffer.from(hex, 'hex') })];
};
const just =
  (...frames: Buffer[]): Frames =>
  () =>
    frames;
const afterRequest =
  (...frames: Buffer[]): Frames =>
  (target, path) => [target.post(1, path), ...frames];
const set = (identifier: number, value: number): Buffer =>
  frame('settings', 0, { payload: settings([identifier, value]) });

/** Errors of the connection (RFC 9113, sections 4 to 6, RFC 7541): it must end. */
const fatal: Record<string, Frames> = {
  'DATA before anything': just(data('hello')),
  'DATA on the connection': just(data('hello', 0, 0)),
  'HEADERS on the connection': (target) => [target.get(0, '/')],
  'HEADERS of a number of ours': (target) => [target.get(2, '/')],
  'HEADERS of a number passed over': (target) => [target.get(5, '/hold'), target.get(3, '/hold')],
  'a reset before anything': just(frame('reset', 1, { payload: words(8) })),
  'a reset of the connection': just(frame('reset', 0, { payload: words(8) })),
  'half a reset': afterRequest(frame('reset', 1, { payload: 'abc' })),
  'a window before anything': just(frame('window', 1, { payload: words(1) })),
  'half a window': afterRequest(frame('window', 1, { payload: 'abc' })),
  'no window for the connection': just(frame('window', 0, { payload: words(0) })),
  'a window of the connection past all numbers': just(frame('window', 0, { payload: words(2 ** 31 - 1) })),
  'a window past all numbers by settings': afterRequest(
    frame('window', 1, { payload: words(2 ** 31 - 65_536) }),
    set(4, 65_536),
  ),
  'a priority of the connection': just(frame('priority', 0, { payload: 'abcde' })),
  'settings of a stream': just(frame('settings', 1)),
  'half a setting': just(frame('settings', 0, { payload: 'abcde' })),
  'an acknowledgement with settings': just(frame('settings', 0, { flags: flags.ack, payload: settings([4, 1]) })),
  'ENABLE_PUSH of 2': just(set(2, 2)),
  'INITIAL_WINDOW_SIZE of 2^31': just(set(4, 2 ** 31)),
  'MAX_FRAME_SIZE below the least': just(set(5, 16_383)),
  'MAX_FRAME_SIZE above the most': just(set(5, 2 ** 24)),
  'a ping of a stream': just(frame('ping', 1, { payload: '12345678' })),
  'half a ping': just(frame('ping', 0, { payload: '1234567' })),
  'GOAWAY of a stream': just(frame('goaway', 1, { payload: words(0, 0) })),
  'half a GOAWAY': just(frame('goaway', 0, { payload: words(0) })),
  'a push': afterRequest(frame('push', 1, { flags: endHeaders, payload: Buffer.concat([words(2), Buffer.of(0x82)]) })),
  'a frame larger than allowed': afterRequest(data('x'.repeat(16_385))),
  'CONTINUATION of nothing': just(frame('continuation', 1, { flags: endHeaders })),
  'CONTINUATION of what is whole': (target) => [
    target.get(1, '/hold'),
    frame('continuation', 1, { flags: endHeaders }),
  ],
  'CONTINUATION of another stream': just(
    frame('headers', 1, { payload: Buffer.of(0x82) }),
    frame('continuation', 3, { flags: endHeaders }),
  ),
  'a ping within a field block': just(
    frame('headers', 1, { payload: Buffer.of(0x82) }),
    frame('ping', 0, { payload: '12345678' }),
  ),
  'an unknown frame within a field block': just(frame('headers', 1, { payload: Buffer.of(0x82) }), frame('unknown', 1)),
  'HEADERS within a field block': (target) => [
    frame('headers', 1, { payload: Buffer.of(0x82) }),
    target.get(3, '/hold'),
  ],
  'DATA that is all padding and more': afterRequest(data('\x06hello', endStream | padded)),
  'DATA that does not say its padding': afterRequest(data('', endStream | padded)),
  'HEADERS that are all padding and more': block('0582868441', whole | padded),
  'HEADERS that do not say their padding': block('', whole | padded),
  'HEADERS that do not say their priority': block('00000000', whole | priority),
  'a field at index 0': block('80'),
  'a field that is in no table': block('be'),
  'a field that is cut short': block('8286840161'),
  'a name that is in no table': block('7f000161'),
  'a Huffman code that is none': block('8286840481ff'),
  'a string that ends within': block('8286840484ffffffff'),
  'an endless number': block('ffffffffffffffffffff7f'),
  'a table larger than allowed': block('3fe21f828684'),
  'a table that changes too late': block('82868420'),
};

/** Errors of a stream, which may as well end the connection: what is asked gets no answer. */
const wrong: Record<string, Frames> = {
  'no window': (target) => [target.post(1, '/hold'), frame('window', 1, { payload: words(0) })],
  'a window past all numbers': (target) => [
    target.post(1, '/hold'),
    frame('window', 1, { payload: words(2 ** 31 - 1) }),
  ],
  'a priority of another size': (target) => [target.post(1, '/hold'), frame('priority', 1, { payload: 'abcd' })],
  'DATA after the end': (target) => [target.get(1, '/hold'), data('hello')],
  'HEADERS after the end': (target) => [target.get(1, '/hold'), target.get(1, '/hold')],
  'an empty field block': just(frame('headers', 1, { flags: whole })),
};

/** What is right, as strange as it looks: each is answered with 200. */
const strange: Record<string, Frames> = {
  'padding in HEADERS and DATA': (target, path) => [
    frame('headers', 1, {
      flags: endHeaders | padded,
      payload: Buffer.concat([Buffer.of(3), fieldBlock(target.request(path)), Buffer.alloc(3)]),
    }),
    data('\x02hello\0\0', endStream | padded),
  ],
  'DATA that is all padding': afterRequest(
    data('\x02\0\0', padded),
    data('hello', 0),
    data('\xff' + '\0'.repeat(255), endStream | padded),
  ),
  'a priority in HEADERS': (target, path) => [
    frame('headers', 1, {
      flags: whole | priority,
      payload: Buffer.concat([words(0x80000003), Buffer.of(7), fieldBlock(target.request(path))]),
    }),
  ],
  'headers in pieces': (target, path) => {
    const octets = fieldBlock(target.request(path));
    const pieces = [0, 1, 2, 3].map((i) => frame('continuation', 1, { payload: octets.subarray(20 * i, 20 * i + 20) }));
    const last = frame('continuation', 1, { flags: endHeaders, payload: octets.subarray(80) });
    return [frame('headers', 1, { flags: endStream }), ...pieces, last];
  },
  'flags that mean nothing': (target, path) => [
    frame('headers', 1, { flags: whole | 0xd2, payload: fieldBlock(target.request(path)) }),
  ],
  'the reserved bit': (target, path) => {
    const request = target.get(1, path);
    request.writeUInt8(0x80, 5);
    return [request];
  },
  'unknown frames and settings': (target, path) => [
    frame('unknown', 0, { payload: 'abc' }),
    set(0xeeee, 1),
    target.post(1, path),
    frame('unknown', 1, { flags: 0xff }),
    data('hello'),
  ],
  'a priority before anything': (target, path) => [
    frame('priority', 1, { payload: '\0\0\0\x03\x07' }),
    target.get(1, path),
  ],
  'a number much larger than the last': (target, path) => [target.get(1, path), target.get(0x7fffffff, '/hold')],
  'a table made smaller and larger': (target, path) => [
    frame('headers', 1, {
      flags: whole,
      payload: Buffer.concat([Buffer.from('203fe11f', 'hex'), fieldBlock(target.request(path))]),
    }),
  ],
  trailers: afterRequest(data('hello', 0), headers(['x-sum', '1'])),
  'trailers without DATA': afterRequest(headers(['x-sum', '1'])),
  'an empty DATA at last': afterRequest(data('hello', 0), data('')),
  'a content-length that is right': withBody(['5'], data('he', 0), data('llo')),
  'te: trailers': having('te', 'trailers'),
  'a host that is the same': having('host', host),
  'a host alone': changed((list) => [...list.filter((_, i) => i !== 4 && i !== 5), 'host', host]),
  'an empty value': having('x-own', ''),
  'octets beyond ASCII, and a tab, in a value': having('x-own', 'a\t\xe9b'),
  'GOAWAY from the client': (target, path) => [target.get(1, path), frame('goaway', 0, { payload: words(0, 0) })],
  'settings amid': (target, path) => [target.post(1, path), set(4, 1000), set(1, 0), data('hello')],
};

const numbered = (table: Record<string, Frames>): [string, Frames, string][] =>
  Object.entries(table).map(([name, frames], index) => [name, frames, `/case-${index}`]);

describe('a gateway that is spoken to in HTTP/2', () => {
  let target: Target;
  beforeAll(async () => void (target = await openTarget('h2c')));
  afterAll(() => target[Symbol.asyncDispose]());

  /** Others are served as if nothing were, and nothing stays. */
  async function expectPeace(): Promise<void> {
    await using client = await target.open();
    client.send(target.get(1, '/peace'));
    expect(await client.outcomeOf(1)).toBe(200);
    await expectSoon(() => target.gateway.inFlight() === 0);
  }

  it.each(numbered(malformed))('passes on no request with %s', async (_, frames, path) => {
    await using client = await target.open();
    const own = `/malformed${path}`;
    client.send(...frames(target, own));
    const outcome = await client.outcomeOf(1);
    expect(outcome === 'reset' || outcome === 'closed' || (outcome >= 400 && outcome < 500) || outcome).toBe(true);
    expect(target.served.filter((served) => served.includes(own.slice(1)))).toEqual([]);
    expect(target.served).not.toContain('* ');
  });

  it.each(numbered(fatal))('ends the connection at %s', async (_, frames, path) => {
    await using client = await target.open();
    client.send(...frames(target, `/fatal${path}`));
    expect(await client.ends()).toBe(true);
  });

  it.each(numbered(wrong))('answers nothing after %s', async (_, frames, path) => {
    await using client = await target.open();
    client.send(...frames(target, path));
    const outcome = await client.outcomeOf(1);
    expect(outcome === 'reset' || outcome === 'closed' || outcome).toBe(true);
  });

  it.each(numbered(strange))('takes %s', async (_, frames, path) => {
    await using client = await target.open();
    client.send(...frames(target, path));
    expect(await client.outcomeOf(1)).toBe(200);
  });

  it('serves others after all that', expectPeace);
});
