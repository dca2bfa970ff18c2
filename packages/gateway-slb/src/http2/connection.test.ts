import { FakeClock } from '@ebb/base/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Connection, type ConnectionOptions, type ConnectionOwner } from './connection.ts';
import type { Stream, StreamOwner } from './stream.ts';
import { clientPreface, frameTypes } from './wire.ts';

const clock = new FakeClock(0);
const options = { now: () => clock.now(), streamWindow: 65_535, connectionWindow: 1024 * 1024, maxHeaderBytes: 4096 };
const request = [':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'a'];

/** One side of a connection whose other side is in this process too. */
class Side implements ConnectionOwner {
  readonly connection: Connection;
  /** What is on its way to the other side. */
  out: Buffer[] = [];
  readonly streams: Stream[] = [];
  failedWith: number | undefined;
  /** What a stream has heard. */
  readonly heard = new Map<number, Buffer[]>();

  constructor(side: ConnectionOptions['side']) {
    const write = (parts: readonly Buffer[]): boolean => (this.out.push(...parts), true);
    this.connection = new Connection(this, { write, end: () => {} }, { ...options, side, maxStreams: 100 });
    this.connection.writable();
  }

  opened(stream: Stream): void {
    this.streams.push(stream);
    stream.owner = this.ownerOf(stream);
  }

  ownerOf(stream: Stream): StreamOwner {
    const heard: Buffer[] = [];
    this.heard.set(stream.id, heard);
    stream.body.flow({ chunk: (bytes) => heard.push(Buffer.from(bytes)) > 0, ended: () => heard.push(end) });
    return idle;
  }

  settled(): void {}
  goaway(): void {}
  answeredEarly(): void {}

  closed(): void {}
  ponged(): void {}
  failed({ code }: { readonly code: number }): void {
    this.failedWith = code;
  }
}

const end = Buffer.from('<end>');
const idle: StreamOwner = { fields: () => [], drained: () => {}, broken: () => {} };

/** Lets both sides talk until neither has anything to say. */
async function settle(a: Side, b: Side): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet++) {
    await new Promise(setImmediate);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const said = from.out.splice(0);
      if (said.length > 0) quiet = 0;
      for (const bytes of said) to.connection.receive(bytes);
    }
  }
}

/** What a client has sent so far: type, stream and length of each frame. */
function framesOf({ out }: Side): [type: number, id: number, length: number][] {
  const frames: [number, number, number][] = [];
  const sent = Buffer.concat(out);
  for (let at = clientPreface.length; at < sent.length; at += 9 + sent.readUIntBE(at, 3)) {
    frames.push([sent.readUInt8(at + 3), sent.readUInt32BE(at + 5), sent.readUIntBE(at, 3)]);
  }
  return frames;
}

it('carries bodies of any size on many streams at once, far beyond what windows allow', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400_000 }), { minLength: 1, maxLength: 6 }), async (sizes) => {
      const client = new Side('client');
      const server = new Side('server');
      for (const [index, size] of sizes.entries()) {
        const stream = client.connection.open(idle);
        stream.sendFields(request);
        stream.send(Buffer.alloc(size, index + 1));
        stream.end([]);
      }
      await settle(client, server);
      expect([client.failedWith, server.failedWith]).toEqual([undefined, undefined]);
      const heard = [...server.heard.values()].map((parts) => Buffer.concat(parts));
      expect(heard.map(({ length }) => length - end.length)).toEqual(sizes);
      for (const [index, bytes] of heard.entries()) {
        expect(bytes.subarray(0, -end.length).every((byte) => byte === index + 1)).toBe(true);
      }
    }),
    { numRuns: 20 },
  );
});

it('gives each stream its turn', async () => {
  const client = new Side('client');
  const server = new Side('server');
  for (const size of [60_000, 60_000, 10]) {
    const stream = client.connection.open(idle);
    stream.sendFields(request);
    stream.send(Buffer.alloc(size));
    stream.end([]);
  }
  await new Promise(setImmediate);
  const data = framesOf(client).filter(([type]) => type === frameTypes.data);
  expect(data.slice(0, 4).map(([, id, bytes]) => [id, bytes])).toEqual([
    [1, 16_384],
    [3, 16_384],
    [5, 10],
    [1, 16_384],
  ]);
  // All that the connection allows at first.
  expect(data.reduce((sum, [, , bytes]) => sum + bytes, 0)).toBe(65_535);
  await settle(client, server);
  expect([...server.heard.values()].map((parts) => Buffer.concat(parts).length)).toEqual([60_005, 60_005, 15]);
});

it('asks a sender to wait while the peer is behind, and tells it when it is not', async () => {
  const client = new Side('client');
  const server = new Side('server');
  let drained = 0;
  const stream = client.connection.open({ ...idle, drained: () => drained++ });
  stream.sendFields(request);
  expect(stream.send(Buffer.alloc(20_000))).toBe(true);
  expect(stream.send(Buffer.alloc(80_000))).toBe(false);
  await settle(client, server);
  expect(drained).toBe(1);
});

it('leaves a client alone that pings within reason, and not one that does nothing else', () => {
  const server = new Side('server');
  const ping = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  server.connection.receive(Buffer.concat([clientPreface, Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])]));
  for (let i = 0; i < 1000; i++) server.connection.receive(ping);
  expect(server.failedWith).toBeUndefined();
  for (let i = 0; i < 1500; i++) server.connection.receive(ping);
  expect(server.failedWith).toBe(11);
});

it('sends what it has begun before it answers the ping of a server that goes', async () => {
  const client = new Side('client');
  client.connection.open(idle).sendFields(request);
  const goaway = Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 127, 255, 255, 255, 0, 0, 0, 0]);
  const ping = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
  client.connection.receive(Buffer.concat([Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), goaway, ping]));
  await new Promise(setImmediate);
  const types = framesOf(client).map(([type]) => type);
  expect(types.filter((type) => type === frameTypes.headers || type === frameTypes.ping)).toEqual([
    frameTypes.headers,
    frameTypes.ping,
  ]);
});
