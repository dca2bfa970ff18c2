import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectSoon, openHttpBackend } from './harness.ts';
import { type Target, largeBytes, openTarget } from './http2-target.ts';
import { type Outcome, beginning, fieldBlock, flags, frame, preface, settings, words } from './raw-http2-client.ts';

const { ack, endHeaders, endStream, padded } = flags;
const mebibyte = 1024 * 1024;

/** What a client sends in one turn of a flood, after it has begun stream 1. */
type Turn = (target: Target, turn: number) => Buffer;

const perTurn = 50;
const many = (make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: perTurn }, (_, i) => make(i)));
/** The same frame again and again. */
const again = (bytes: Buffer): Turn => {
  const round = many(() => bytes);
  return () => round;
};
/** New streams, with what is done to each. */
const streams =
  (make: (target: Target, id: number) => Buffer[]): Turn =>
  (target, turn) =>
    many((index) => Buffer.concat(make(target, 3 + 2 * (turn * perTurn + index))));
/** A field block that never ends. */
const unending = (payload: string): Turn => {
  const more = again(frame('continuation', 3, { payload }));
  return (target, turn) => (turn === 0 ? frame('headers', 3) : more(target, turn));
};
const windowsOf = (turn: number): Buffer => settings([4, turn % 2 === 0 ? 1000 : 65_535]);

const floods: Record<string, Turn> = {
  // CVE-2023-44487
  'requests that it breaks off at once': streams((target, id) => [
    target.get(id, '/hold'),
    frame('reset', id, { payload: words(8) }),
  ]),
  // CVE-2025-8671, in several ways
  'requests with no window': streams((target, id) => [
    target.get(id, '/hold'),
    frame('window', id, { payload: words(0) }),
  ]),
  'requests with windows past all numbers': streams((target, id) => [
    target.get(id, '/hold'),
    frame('window', id, { payload: words(2 ** 31 - 1) }),
  ]),
  'requests that go on after their end': streams((target, id) => [
    target.get(id, '/hold'),
    frame('data', id, { payload: 'a' }),
  ]),
  'requests with half a priority': streams((target, id) => [
    target.get(id, '/hold'),
    frame('priority', id, { payload: 'a' }),
  ]),
  'requests with more than was announced': streams((target, id) => [
    target.post(id, '/hold', 'content-length', '1'),
    frame('data', id, { payload: 'hello' }),
  ]),
  'empty field blocks': streams((_, id) => [frame('headers', id, { flags: endHeaders | endStream })]),
  // CVE-2024-27316 and its like
  'large CONTINUATIONs': unending('a'.repeat(16_384)),
  'small CONTINUATIONs': unending('a'),
  'empty CONTINUATIONs': unending(''),
  // CVE-2019-9515
  'empty settings': again(frame('settings', 0)),
  'settings of many entries': again(
    frame('settings', 0, { payload: settings(...Array.from({ length: 2000 }, () => [3, 1] as const)) }),
  ),
  'settings that change all windows': (_, turn) => frame('settings', 0, { payload: windowsOf(turn) }),
  'settings of the table': (_, turn) => frame('settings', 0, { payload: settings([1, turn % 4096]) }),
  'acknowledgements of nothing': again(frame('settings', 0, { flags: ack })),
  // CVE-2019-9512
  pings: again(frame('ping', 0, { payload: '12345678' })),
  'answers to no ping': again(frame('ping', 0, { flags: ack, payload: '12345678' })),
  // CVE-2019-9513
  priorities: again(frame('priority', 1, { payload: '\0\0\0\x03\x10' })),
  'priorities of streams to come': streams((_, id) => [frame('priority', id, { payload: '\0\0\0\x01\x10' })]),
  'frames nobody knows': again(frame('unknown', 0)),
  // CVE-2019-9518
  'empty DATA': again(frame('data', 1)),
  'DATA that is all padding': again(frame('data', 1, { flags: padded, payload: '\0' })),
  'windows for the connection, bit by bit': again(frame('window', 0, { payload: words(1) })),
  'windows for a stream, bit by bit': again(frame('window', 1, { payload: words(1) })),
  // CVE-2019-9511
  'windows for an answer, octet by octet': (target, turn) => {
    const begin = [frame('settings', 0, { payload: settings([4, 0]) }), target.get(3, '/endless')];
    const octets = many(() => frame('window', 3, { payload: words(1) }));
    return Buffer.concat([...(turn === 0 ? begin : []), octets]);
  },
  'resets of a stream that is over': again(frame('reset', 1, { payload: words(8) })),
  farewells: again(frame('goaway', 0, { payload: words(0, 0) })),
};

const refused = (outcome: Outcome): boolean => outcome === 'reset' || outcome === 'closed' || outcome === 431;

/** What a flood sends, turn by turn. */
const roundsOf =
  (target: Target, name: string) =>
  (turn: number): Buffer =>
    floods[name]?.(target, turn) ?? Buffer.alloc(0);

/** Others are served, and nothing stays of what was. */
async function expectPeace(target: Target): Promise<void> {
  await using client = await target.open();
  client.send(target.get(1, '/peace'));
  expect(await client.outcomeOf(1)).toBe(200);
  await expectSoon(() => target.gateway.inFlight() === 0);
}

describe.each([
  ['h2c', Object.keys(floods)],
  // What comes deciphered comes to the same: a few will do.
  ['tls', ['requests that it breaks off at once', 'large CONTINUATIONs', 'pings', 'empty DATA']],
] as const)('over %s, the gateway', (transport, names) => {
  let target: Target;
  beforeAll(async () => void (target = await openTarget(transport)));
  afterAll(() => target[Symbol.asyncDispose]());

  it.each(names)('ends a flood of %s, and serves others meanwhile', async (name) => {
    await using client = await target.open();
    await using other = await target.open();
    client.send(target.post(1, '/hold'));
    expect(await client.isHeard()).toBe(true);
    const flooded = client.flood(roundsOf(target, name), 16 * mebibyte);
    other.send(target.get(1, '/peace'));
    expect(await other.outcomeOf(1)).toBe(200);
    expect(await flooded).toBeLessThan(16 * mebibyte);
    await expectPeace(target);
  });
});

describe('the gateway', () => {
  let target: Target;
  beforeAll(async () => void (target = await openTarget('h2c')));
  afterAll(() => target[Symbol.asyncDispose]());

  it.each(['pings', 'empty settings'])('ends a flood of %s whose answers nobody reads', async (name) => {
    await using client = await target.open();
    expect(await client.isHeard()).toBe(true);
    client.socket.pause();
    await client.flood(roundsOf(target, name), 4 * mebibyte);
    client.socket.resume();
    expect(await client.ends()).toBe(true);
    await expectPeace(target);
  });

  it('cuts field blocks that blow up', async () => {
    await using client = await target.open();
    const inserted = Buffer.concat([
      Buffer.from('400178', 'hex'),
      Buffer.from('7fa11e', 'hex'),
      Buffer.alloc(4000, 'v'),
    ]);
    const begin = fieldBlock(target.request('/peace'));
    client.send(frame('headers', 1, { flags: endHeaders | endStream, payload: Buffer.concat([begin, inserted]) }));
    expect(await client.outcomeOf(1)).toBe(200);
    const bomb = frame('headers', 0, {
      flags: endHeaders | endStream,
      payload: Buffer.concat([begin, Buffer.alloc(16_000, 0xbe)]),
    });
    for (let id = 3; id < 100; id += 2) {
      const own = Buffer.from(bomb);
      own.writeUInt32BE(id, 5);
      client.send(own);
    }
    for (let id = 3; id < 100; id += 2) expect(await client.outcomeOf(id)).toSatisfy(refused);
    await expectPeace(target);
  });

  it('refuses headers over the limit, and goes on', async () => {
    await using client = await target.open();
    const block = fieldBlock(target.request('/many', 'x-many', 'a'.repeat(66_000)));
    const pieces = [0, 1, 2, 3].map((i) => block.subarray(16_384 * i, 16_384 * (i + 1)));
    client.send(frame('headers', 1, { flags: endStream, payload: pieces[0] ?? '' }));
    for (const payload of pieces.slice(1)) client.send(frame('continuation', 1, { payload }));
    client.send(frame('continuation', 1, { flags: endHeaders, payload: block.subarray(4 * 16_384) }));
    client.send(target.get(3, '/peace'));
    expect(await client.outcomeOf(1)).toBe(431);
    expect(await client.outcomeOf(3)).toBe(200);
    expect(target.served.filter((served) => served.startsWith('/many'))).toEqual([]);
  });

  // CVE-2019-9517, CVE-2019-9511
  it.each([
    ['no window', [4, 0], false],
    ['large windows and reads nothing', [4, 2 ** 31 - 1], true],
  ] as const)('holds instances up for a client that gives %s', async (_, setting, isDeaf) => {
    await using client = await target.open();
    const before = target.sent();
    client.send(frame('settings', 0, { payload: settings(setting) }));
    client.send(frame('window', 0, { payload: words(2 ** 30) }));
    if (isDeaf) client.socket.pause();
    for (let id = 1; id < 9; id += 2) client.send(target.get(id, '/endless'));
    let last = -1;
    await expectSoon(() => {
      const isStill = target.sent() > before && target.sent() === last;
      last = target.sent();
      return isStill;
    });
    expect(target.sent() - before).toBeLessThan(4 * 16 * mebibyte);
    client.socket.destroy();
    await expectPeace(target);
  });

  it('answers octet by octet where it must, and serves others meanwhile', async () => {
    await using client = await target.open();
    client.send(frame('settings', 0, { payload: settings([4, 1]) }), target.get(1, '/endless'));
    for (let i = 0; i < 200; i++) client.send(frame('window', 1, { payload: words(1) }));
    await expectSoon(() => client.bodyOf(1).length >= 100 || client.ended());
    client.socket.destroy();
    await expectPeace(target);
  });

  it('takes bodies octet by octet', async () => {
    await using client = await target.open();
    client.send(target.post(1, '/dribble'));
    const octet = frame('data', 1, { payload: 'a' });
    client.send(Buffer.concat(Array.from({ length: 3000 }, () => octet)));
    client.send(frame('data', 1, { flags: endStream }));
    expect(await client.outcomeOf(1)).toBe(200);
    expect(target.served).toContain(`/dribble ${'a'.repeat(3000)}`);
  });

  it('lets no client have as many streams as it likes', async () => {
    await using client = await target.open();
    for (let id = 1; id < 1000; id += 2) client.send(target.get(id, '/hold'));
    await client.isHeard();
    expect(target.gateway.inFlight()).toBeLessThanOrEqual(256);
    client.socket.destroy();
    await expectPeace(target);
  });

  it('lets a busy client ask, ping and open windows with each answer', async () => {
    await using client = await target.open();
    const ask = (id: number): void =>
      client.send(
        target.get(id, '/peace'),
        frame('ping', 0, { payload: '12345678' }),
        frame('window', 0, { payload: words(100) }),
        frame('window', id, { payload: words(100) }),
      );
    for (let id = 1; id < 1600; id += 2) {
      ask(id);
      if (id % 100 === 99) await client.outcomeOf(id);
    }
    expect(await client.outcomeOf(1599)).toBe(200);
  });

  it('lets a client read a large answer in small pieces', async () => {
    await using client = await target.open();
    // As Go's clients do that read by 4 KiB.
    client.openWindowsBy(4096);
    client.send(target.get(1, '/large'));
    expect(await client.outcomeOf(1)).toBe(200);
    expect(client.bodyOf(1)).toHaveLength(largeBytes);
  });

  it('lives through prefaces that are cut anywhere, or wrong', async () => {
    const cut = async (length: number): Promise<void> => {
      await using client = await target.open(preface.slice(0, length));
      client.socket.end();
      await client.ends();
    };
    const spoilt = async (at: number): Promise<void> => {
      const text = `${preface.slice(0, at)}~${preface.slice(at + 1)}`;
      await using client = await target.open(Buffer.concat([Buffer.from(`${text}\r\n\r\n`), frame('settings', 0)]));
      await client.ends();
    };
    const places = Array.from(preface, (_, at) => at);
    expect(await Promise.all(places.flatMap((at) => [cut(at), spoilt(at)]))).toHaveLength(2 * preface.length);
    await using client = await target.open(Buffer.concat([Buffer.from(preface), target.get(1, '/unsettled')]));
    expect(await client.ends()).toBe(true);
    expect(target.served.filter((served) => served.startsWith('/unsettled'))).toEqual([]);
    await expectPeace(target);
  });
});

describe('clients that wait for something', () => {
  const limits = { headersMs: 200, keepAliveMs: 200 };

  it.each<[string, (target: Target) => readonly (Buffer | string)[]]>([
    ['in the preface', () => [preface.slice(0, 20)]],
    ['after the preface', () => [preface]],
    ['before a request', () => [beginning]],
    ['within a frame', (target) => [beginning, target.get(1, '/').subarray(0, 20)]],
    ['within a field block', () => [beginning, frame('headers', 1, { payload: Buffer.of(0x82) })]],
    [
      'with an answer they give no window',
      (target) => [beginning, frame('settings', 0, { payload: settings([4, 0]) }), target.get(1, '/')],
    ],
  ])('%s are let go', async (_, sent) => {
    await using target = await openTarget('h2c', { limits });
    await using client = await target.open(Buffer.alloc(0));
    client.send(...sent(target));
    expect(await client.ends()).toBe(true);
    await expectSoon(() => target.gateway.inFlight() === 0);
  });

  it('may send no more ahead than they are allowed to', async () => {
    await using target = await openTarget('h2c', { backends: [] });
    await using client = await target.open();
    client.send(target.post(1, '/ahead'));
    for (let i = 0; i < 256; i++) client.send(frame('data', 1, { payload: 'a'.repeat(16_384) }));
    expect(await client.outcomeOf(1)).toSatisfy(refused);
    await using backend = await openHttpBackend((_, response) => void response.end());
    target.gateway.addPod(backend);
    await using other = await target.open();
    other.send(target.get(1, '/peace'));
    expect(await other.outcomeOf(1)).toBe(200);
  });
});
