import { createHash } from 'node:crypto';
import { Duplex, PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { constants, createDeflate } from 'node:zlib';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpdyConnection } from './connection.ts';
import { headerDictionary } from './dictionary.ts';
import { FrameParser, SpdyError, type SpdyFrame, dataHead, goAwayFrame, pingFrame, rstFrame } from './frames.ts';
import { HeaderReader, HeaderWriter } from './header-block.ts';
import type { SpdyStream } from './stream.ts';

/** A control frame, as a client makes it. */
function control(type: number, body: Buffer, flags = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE((0x8003_0000 | type) >>> 0, 0);
  head.writeUInt8(flags, 4);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

const numbers = (...values: readonly number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value >>> 0);
      return bytes;
    }),
  );

const synStream = (id: number, block: Buffer, flags = 0): Buffer =>
  control(1, Buffer.concat([numbers(id, 0), Buffer.alloc(2), block]), flags);

const data = (id: number, bytes: string, fin = false): Buffer =>
  Buffer.concat([dataHead(id, bytes.length, fin), Buffer.from(bytes)]);

/** All frames of these bytes, cut so; data that was cut is put together again. */
function parse(bytes: Buffer, cuts: readonly number[]): readonly SpdyFrame[] {
  const parser = new FrameParser();
  const frames: SpdyFrame[] = [];
  let from = 0;
  for (const cut of [...cuts.map((each) => each % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]) {
    for (const frame of parser.parse(bytes.subarray(from, cut))) {
      const last = frames.at(-1);
      const goesOn = frame.type === 'data' && last?.type === 'data' && last.streamId === frame.streamId && !last.fin;
      if (goesOn) frames.push({ ...frame, data: Buffer.concat([(frames.pop() as typeof last).data, frame.data]) });
      else frames.push(frame.type === 'data' ? { ...frame, data: Buffer.from(frame.data) } : frame);
    }
    from = cut;
  }
  return frames;
}

function thrownBy(task: () => unknown): Error | undefined {
  try {
    task();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

describe('SPDY/3.1', () => {
  it('has the dictionary of the specification', () => {
    expect(headerDictionary).toHaveLength(1423);
    // Of the bytes printed in section 2.6.10.1.
    expect(createHash('sha256').update(headerDictionary).digest('hex')).toMatch(/^51d27341373f923f3cd88e1e/);
  });

  it('reads the same frames wherever the network cuts them', () => {
    const bytes = Buffer.concat([
      synStream(1, Buffer.from('block'), 1),
      data(1, 'hello'),
      pingFrame(7),
      data(3, 'x'.repeat(300), true),
      control(4, Buffer.alloc(4)),
      control(99, Buffer.from('of a kind that is not known')),
      control(9, numbers(1, 65_536)),
      rstFrame(3, 5),
      goAwayFrame(3),
    ]);
    const whole = parse(bytes, []);
    expect(whole.map(({ type }) => type)).toEqual([
      'synStream',
      'data',
      'ping',
      'data',
      'settings',
      'windowUpdate',
      'rstStream',
      'goAway',
    ]);
    expect(whole[0]).toMatchObject({ streamId: 1, fin: true, block: Buffer.from('block') });
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), (cuts) => {
        expect(parse(bytes, cuts)).toEqual(whole);
      }),
    );
  });

  it('reads any bytes without another error than its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 1, 2, 3, 6, 7, 8), (bytes, type) => {
        for (const hostile of [Buffer.from(bytes), control(type, Buffer.from(bytes))]) {
          expect([undefined, SpdyError]).toContain(thrownBy(() => [...new FrameParser().parse(hostile)])?.constructor);
        }
      }),
    );
  });

  it('carries headers, block after block, and refuses those that would fill the memory', async () => {
    using writer = new HeaderWriter();
    using reader = new HeaderReader();
    for (const headers of [
      { streamtype: 'data', port: '80', requestid: '1' },
      {},
      { streamtype: 'error', port: '80' },
    ]) {
      const map = new Map(Object.entries(headers));
      expect(await reader.read(await writer.write(map))).toEqual(map);
    }
    const deflate = createDeflate({ dictionary: headerDictionary });
    const bomb: Buffer[] = [];
    deflate.on('data', (chunk: Buffer) => bomb.push(chunk));
    deflate.write(Buffer.alloc(10_000_000));
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    using other = new HeaderReader();
    await expect(other.read(Buffer.concat(bomb))).rejects.toThrow(SpdyError);
    await expect(other.read(Buffer.alloc(0))).rejects.toThrow(SpdyError);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        using any = new HeaderReader();
        const error = await any.read(Buffer.from(bytes)).then(
          () => undefined,
          (failure: Error) => failure,
        );
        expect([undefined, SpdyError]).toContain(error?.constructor);
      }),
      { numRuns: 50 },
    );
  });
});

interface Client extends Disposable {
  readonly connection: SpdyConnection;
  readonly streams: SpdyStream[];
  /** What the server sent. */
  readonly frames: SpdyFrame[];
  readonly send: (bytes: Buffer) => void;
  readonly open: (id: number, headers?: Readonly<Record<string, string>>) => Promise<void>;
  readonly running: Promise<void>;
  /** Bytes sent that the server has not taken yet. */
  readonly waiting: () => number;
}

function connect(): Client {
  const toServer = new PassThrough();
  const toClient = new PassThrough();
  const parser = new FrameParser();
  const frames: SpdyFrame[] = [];
  toClient.on('data', (chunk: Buffer) => frames.push(...parser.parse(chunk)));
  const streams: SpdyStream[] = [];
  const socket = Duplex.from({ readable: toServer, writable: toClient });
  const connection = new SpdyConnection(socket, { clock: systemClock, onStream: (stream) => streams.push(stream) });
  const writer = new HeaderWriter();
  return {
    connection,
    streams,
    frames,
    running: connection.run(),
    send: (bytes) => void toServer.write(bytes),
    open: async (id, headers = {}) => {
      toServer.write(synStream(id, await writer.write(new Map(Object.entries(headers)))));
    },
    waiting: () => toServer.readableLength + toServer.writableLength,
    [Symbol.dispose]: () => toServer.end(),
  };
}

describe('a SPDY connection', () => {
  it('replies to streams, carries bytes both ways, and closes each direction by itself', async () => {
    using client = connect();
    await client.open(1, { streamtype: 'data' });
    client.send(Buffer.concat([data(1, 'hel'), data(1, 'lo', true)]));
    const stream = await eventually(() => client.streams[0]);
    expect(stream.headers.get('streamtype')).toBe('data');
    let heard = '';
    stream.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    await eventually(() => stream.readableEnded);
    expect(heard).toBe('hello');
    stream.end('answer'.repeat(20_000));
    await eventually(() => client.frames.some((frame) => frame.type === 'data' && frame.fin));
    const sent = client.frames.flatMap((frame) => (frame.type === 'data' ? frame.data.toString() : []));
    expect(client.frames[0]?.type).toBe('synReply');
    expect(sent.join('')).toBe('answer'.repeat(20_000));
    client.send(pingFrame(9));
    await eventually(() => client.frames.some((frame) => frame.type === 'ping' && frame.id === 9));
    client.connection.close();
    await eventually(() => client.frames.some(({ type }) => type === 'goAway'));
  });

  it('refuses streams of even or lower numbers, and those too many', async () => {
    using client = connect();
    await client.open(3);
    await client.open(1);
    await client.open(4);
    await eventually(() => client.frames.filter(({ type }) => type === 'rstStream').length === 2);
    for (let id = 5; id <= 5 + 2 * 1000; id += 2) await client.open(id);
    await eventually(() => client.frames.some((frame) => frame.type === 'rstStream' && frame.status === 3));
    expect(client.streams).toHaveLength(1000);
  });

  it('takes no more than it can hold while nobody reads', async () => {
    using client = connect();
    await client.open(1);
    await eventually(() => client.streams[0]);
    const part = 'x'.repeat(64 * 1024);
    for (let index = 0; index < 64; index += 1) client.send(data(1, part, index === 63));
    // Four megabytes were sent; about one is taken in, the rest waits with the network.
    await eventually(() => client.waiting() < 3_200_000);
    expect(client.waiting()).toBeGreaterThan(2_500_000);
    const stream = client.streams[0];
    expect(stream && (await text(stream)).length).toBe(64 * part.length);
  });

  it('ends with its streams when the other end leaves, resets them, or breaks the protocol', async () => {
    using client = connect();
    await client.open(1);
    await client.open(3);
    client.send(rstFrame(1, 5));
    await eventually(() => client.streams[0]?.destroyed);
    expect(client.streams[1]?.destroyed).toBe(false);
    client.send(Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(3)));
    client.send(Buffer.from([0x80, 0x02, 0, 1, 0, 0, 0, 0]));
    client[Symbol.dispose]();
    await client.running;
    expect(client.streams[1]?.destroyed).toBe(true);
    expect(client.connection.closed.aborted).toBe(true);
  });
});
