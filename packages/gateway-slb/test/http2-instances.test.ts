import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HpackEncoder } from '../src/hpack/hpack-encoder.ts';
import { FrameReader } from '../src/http2/frame-reader.ts';
import { FrameWriter } from '../src/http2/frame-writer.ts';
import { clientPreface, errorCodes, frameTypes } from '../src/http2/wire.ts';
import { type Backend, type TestGateway, expectSoon, host, openGateway, openRawBackend } from './harness.ts';
import { answerOn, openHttp2Client } from './http2-client.ts';
import { exchangeRaw, openRawClient } from './raw-client.ts';

/** What an instance says on a connection, frame by frame. */
class Instance {
  readonly socket: Socket;
  readonly #encoder = new HpackEncoder();
  readonly #writer = new FrameWriter();

  constructor(socket: Socket) {
    this.socket = socket;
  }

  frame(type: number, flags: number, streamId: number, payload: Buffer | readonly number[] = []): this {
    this.#writer.frame(type, flags, streamId, Buffer.from(payload));
    return this.#send();
  }

  fields(streamId: number, list: readonly string[], endStream = false): this {
    this.#writer.fields(this.#encoder.encode(list), streamId, endStream);
    return this.#send();
  }

  data(streamId: number, text: string, endStream = false): this {
    return this.frame(frameTypes.data, endStream ? 1 : 0, streamId, Buffer.from(text));
  }

  /** Does this again and again until the connection is gone. */
  endlessly(step: () => void): void {
    const goOn = (): void => {
      for (let i = 0; i < 20 && !this.socket.destroyed; i++) step();
      if (!this.socket.destroyed) setImmediate(goOn);
    };
    goOn();
  }

  #send(): this {
    for (const part of this.#writer.take()) if (!this.socket.destroyed) this.socket.write(part);
    return this;
  }
}

type Answer = (instance: Instance, streamId: number) => void;

const good: Answer = (instance, id) =>
  instance.fields(id, [':status', '200', 'content-length', '4']).data(id, 'good', true);

/** What the instance does when it is asked. */
let attack: Answer = good;
let backend: Backend;
let gateway: TestGateway;

/** An instance of HTTP/2 that answers each request by what it is told to do at that moment. */
function openInstance(answer: () => Answer): Promise<Backend> {
  return openRawBackend((socket) => {
    const instance = new Instance(socket);
    const reader = new FrameReader();
    let preface = clientPreface.length;
    socket.on('error', () => {}).on('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => {
      const skipped = Math.min(preface, bytes.length);
      preface -= skipped;
      reader.push(bytes.subarray(skipped));
      while (reader.next()) {
        if (reader.type === frameTypes.settings && reader.flags === 0) instance.frame(frameTypes.settings, 1, 0);
        if (reader.type === frameTypes.headers) answer()(instance, reader.streamId);
      }
    });
    instance.frame(frameTypes.settings, 0, 0);
  });
}

beforeAll(async () => {
  backend = await openInstance(() => attack);
  gateway = await openGateway({ backends: [backend], settings: { protocol: 'h2c', totalMs: 10_000 } });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const get = `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

async function askDuring(under: Answer): Promise<string> {
  attack = under;
  const text = await exchangeRaw(gateway.port, get);
  attack = good;
  // What was under way on the same connection may fail with it.
  await expectSoon(async () => /^HTTP\/1\.1 200 [^]*good$/.test(await exchangeRaw(gateway.port, get)));
  await expectSoon(() => gateway.inFlight() === 0);
  return text;
}
const fieldsThat =
  (...list: readonly string[]): Answer =>
  (instance, id) =>
    instance.fields(id, list, true);
const ok = [':status', '200'];

describe('an instance of HTTP/2 whose answer makes no sense', () => {
  it.each<readonly [string, Answer]>([
    ['no status', fieldsThat('x', 'y')],
    ['an empty head', fieldsThat()],
    ['two statuses', fieldsThat(...ok, ...ok)],
    ['a status that is none', fieldsThat(':status', '99')],
    ['a status with a sign', fieldsThat(':status', '+20')],
    ['a pseudo-header of requests', fieldsThat(...ok, ':path', '/')],
    ['a pseudo-header behind others', fieldsThat('x', 'y', ...ok)],
    ['capitals in a name', fieldsThat(...ok, 'X', 'y')],
    ['a line end in a value', fieldsThat(...ok, 'x', 'y\r\nz: 1')],
    ['a NUL in a value', fieldsThat(...ok, 'x', 'y\0')],
    ['what concerns a connection', fieldsThat(...ok, 'connection', 'close')],
    ['a transfer encoding', fieldsThat(...ok, 'transfer-encoding', 'chunked')],
    ['two lengths', fieldsThat(...ok, 'content-length', '0', 'content-length', '0')],
    ['a signed length', fieldsThat(...ok, 'content-length', '+0')],
    ['less than it says', fieldsThat(...ok, 'content-length', '1')],
    ['another protocol', fieldsThat(':status', '101')],
    ['only information', fieldsThat(':status', '103')],
    ['too many fields', fieldsThat(...ok, ...Array.from({ length: 2000 }, (_, i) => [`x${i}`, 'y']).flat())],
    ['data before its head', (instance, id) => instance.data(id, 'poison', true)],
    ['a push', (instance, id) => instance.frame(frameTypes.pushPromise, 4, id, [0, 0, 0, 2, 0x88])],
    ['a stream of its own', (instance) => instance.fields(2, ok, true)],
    ['leave to push', (instance) => instance.frame(frameTypes.settings, 0, 0, [0, 2, 0, 0, 0, 1])],
    ['no increment', (instance, id) => instance.frame(frameTypes.windowUpdate, 0, id, [0, 0, 0, 0])],
    ['half a setting', (instance) => instance.frame(frameTypes.settings, 0, 0, [0, 2, 0])],
    ['no field block', (instance, id) => instance.frame(frameTypes.headers, 5, id, [0xff, 0xff, 0xff, 0xff, 0xff])],
    ['a frame too long', (instance, id) => instance.frame(frameTypes.data, 0, id, Buffer.alloc(16_385))],
    ['HTTP/1.1', (instance) => void instance.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('means 502: %s', async (_, under) => {
    const text = await askDuring(under);
    expect(text).toMatch(/^HTTP\/1\.1 502 [^]*\r\nebb-reason: upstream-invalid\r\n/);
    expect(text).not.toMatch(/poison|127\.0\.0\.1/);
  });

  it.each<readonly [string, Answer]>([
    ['information', (instance, id) => instance.endlessly(() => instance.fields(id, [':status', '103', 'link', 'a']))],
    [
      'a field block',
      (instance, id) => {
        instance.frame(frameTypes.headers, 0, id);
        instance.endlessly(() => instance.frame(frameTypes.continuation, 0, id, Buffer.alloc(100, 0x88)));
      },
    ],
    [
      'a field block of nothing',
      (instance, id) => {
        instance.frame(frameTypes.headers, 0, id);
        instance.endlessly(() => instance.frame(frameTypes.continuation, 0, id));
      },
    ],
    ['settings', (instance) => instance.endlessly(() => instance.frame(frameTypes.settings, 0, 0))],
    ['pings', (instance) => instance.endlessly(() => instance.frame(frameTypes.ping, 0, 0, Buffer.alloc(8)))],
    ['empty data', (instance, id) => instance.fields(id, ok).endlessly(() => instance.data(id, ''))],
  ])('is not listened to without end: %s', async (_, under) => {
    expect(await askDuring(under)).toMatch(/(?:^|\n)HTTP\/1\.1 502 |^HTTP\/1\.1 200 [^]*\r\n\r\n$/);
  });

  it.each<readonly [string, Answer]>([
    ['more than it says', (instance, id) => instance.fields(id, [...ok, 'content-length', '4']).data(id, 'goodpoison')],
    ['less than it says', (instance, id) => instance.fields(id, [...ok, 'content-length', '9']).data(id, 'good', true)],
    [
      'trailers that are none',
      (instance, id) =>
        instance
          .fields(id, [...ok, 'content-length', '4'])
          .data(id, 'good')
          .fields(id, [':x', 'y'], true),
    ],
    ['a reset', (instance, id) => instance.fields(id, ok).frame(frameTypes.rstStream, 0, id, [0, 0, 0, 2])],
  ])('ends what it has begun: %s', async (_, under) => {
    const text = await askDuring(under);
    expect(text).toMatch(/^HTTP\/1\.1 200 |^HTTP\/1\.1 502 /);
    expect(text).not.toMatch(/poison|0\r\n\r\n$/);
  });
});

describe('an instance of HTTP/2 that is within its rights', () => {
  it.each<readonly [string, Answer, RegExp]>([
    [
      'wants no more of the request once it has answered',
      (instance, id) => good(instance.frame(frameTypes.ping, 0, 0, Buffer.alloc(8)), id),
      /^HTTP\/1\.1 200 [^]*good$/,
    ],
    [
      'resets a stream in peace that is over',
      (instance, id) => {
        good(instance, id);
        instance.frame(frameTypes.rstStream, 0, id, [0, 0, 0, errorCodes.noError]);
      },
      /^HTTP\/1\.1 200 [^]*good$/,
    ],
    [
      'pads its data, and sends some of none',
      (instance, id) => {
        instance.fields(id, [...ok, 'content-length', '4']).data(id, '');
        instance.frame(frameTypes.data, 9, id, [3, ...Buffer.from('good'), 0, 0, 0]);
      },
      /^HTTP\/1\.1 200 [^]*good$/,
    ],
    [
      'has blanks around a value',
      (instance, id) => instance.fields(id, [...ok, 'x', ' y ', 'content-length', '0'], true),
      /^HTTP\/1\.1 200 [^]*\r\nx: y\r\n/,
    ],
    [
      'tells of frames that nobody knows, and of priorities',
      (instance, id) => {
        instance.frame(77, 255, id, Buffer.alloc(100)).frame(frameTypes.priority, 0, id, [0, 0, 0, 0, 1]);
        good(instance, id);
      },
      /^HTTP\/1\.1 200 [^]*good$/,
    ],
  ])('is listened to: it %s', async (_, answer, expected) => {
    expect(await askDuring(answer)).toMatch(expected);
  });

  it('is not asked anything twice that it may have looked at, and again what it has not, on another connection', async () => {
    let asked = 0;
    // Goes at once, and answers nothing above the first stream.
    await using leaving = await openInstance(() => (instance, id) => {
      if (asked++ > 0) return good(instance, id);
      instance.frame(frameTypes.goaway, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
    });
    await using other = await openGateway({ settings: { protocol: 'h2c' } });
    other.addPod(leaving);
    expect(await exchangeRaw(other.port, get)).toMatch(/^HTTP\/1\.1 200 [^]*good$/);
    expect([asked, leaving.connections()]).toEqual([2, 2]);
  });

  it.each([1, 2])('gets a body of HTTP/%i whole, where another instance could not be reached', async (version) => {
    const gone = await openRawBackend(() => {});
    await gone[Symbol.asyncDispose]();
    let asked = 0;
    const server = createServer().on('stream', (stream) => {
      stream.on('error', () => {});
      // Nothing of the body has come when the head is refused.
      if (asked++ === 0 && version === 2) stream.close(errorCodes.refusedStream);
      else stream.pipe(stream);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using other = await openGateway({ settings: { protocol: 'h2c' } });
    other.addPod(gone);
    await using client = await openRawClient(other.port);
    await using http2 = await openHttp2Client(other.port);
    const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 10\r\n\r\n`;
    const stream = version === 2 ? http2.begin({ ':method': 'POST' }, { endStream: false }) : undefined;
    if (!stream) client.send(`${head}hello`);
    await expectSoon(() => other.activator.waiting + other.inFlight() > 0);
    other.addPod(server.address() as AddressInfo);
    await expectSoon(() => asked === version);
    const answer = stream ? answerOn(stream).then(({ body }) => body) : client.hears('world');
    if (stream) stream.end('helloworld');
    else client.send('world');
    expect(await answer).toMatch(/hello[^]*world/);
    server.close();
  });

  it('may answer before it has been sent all, and does not hold up what it does not take', async () => {
    const body = 1024 * 1024;
    attack = (instance, id) => good(instance, id);
    await using client = await openRawClient(gateway.port);
    client.send(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body}\r\n\r\n`);
    await client.hears(/^HTTP\/1\.1 200 [^]*good/);
    await expectSoon(() => gateway.inFlight() === 0);
    client.send(Buffer.alloc(body));
    client.send(get);
    await client.hears(/good[^]*good/);
  });
});
