import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HpackEncoder } from '../hpack/hpack-encoder.ts';
import { FrameWriter } from './frame-writer.ts';
import { type FrameHandler, Receiver } from './receiver.ts';
import { writeSettings } from './settings.ts';
import { ConnectionError, clientPreface, flagBits, frameTypes } from './wire.ts';

const types = { data: 0, priority: 2, rstStream: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8, odd: 77 };

/** Frames that make sense each by itself. */
const frame = fc.oneof(
  fc.record({
    type: fc.constantFrom(types.data, types.odd),
    payload: fc.uint8Array({ maxLength: 3000 }),
  }),
  fc.record({ type: fc.constantFrom(types.rstStream, types.windowUpdate), payload: bytesOf(4) }),
  fc.record({ type: fc.constantFrom(types.ping, types.goaway), payload: bytesOf(8) }),
  fc.record({ type: fc.constant(types.priority), payload: bytesOf(5) }),
  fc.record({
    type: fc.constant(frameTypes.headers),
    fields: fc.array(fc.tuple(fc.constantFrom('a', 'some-name'), fc.string({ maxLength: 40 })), { maxLength: 6 }),
    cut: fc.nat(60),
  }),
);
type AnyFrame = { readonly type: number } & (
  | { readonly payload: Uint8Array }
  | { readonly fields: readonly [string, string][]; readonly cut: number }
);

function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** What a client sends: its preface, its settings, and these frames on streams of their own. */
function write(frames: readonly AnyFrame[]): Buffer {
  const writer = new FrameWriter();
  const encoder = new HpackEncoder();
  writer.raw(clientPreface);
  writer.frame(frameTypes.settings, 0, 0, writeSettings({ initialWindowSize: 1000 }));
  for (const [index, each] of frames.entries()) {
    const streamId = 2 * index + 1;
    if ('payload' in each) {
      const ofConnection = each.type === types.ping || each.type === types.goaway;
      writer.frame(each.type, 0, ofConnection ? 0 : streamId, Buffer.from(each.payload));
      continue;
    }
    const block = encoder.encode(each.fields.flat().map((text) => Buffer.from(text).toString('latin1')));
    const cut = Math.min(each.cut, block.length);
    writer.frame(frameTypes.headers, 0, streamId, block.subarray(0, cut));
    writer.frame(frameTypes.continuation, flagBits.endHeaders, streamId, block.subarray(cut));
  }
  return Buffer.concat(writer.take());
}

/** What a receiver makes of bytes that come in these pieces: what its handler was told, and how it ended. */
function eventsOf(pieces: readonly Buffer[]): readonly unknown[] {
  const events: unknown[] = [];
  const handler = new Proxy({} as FrameHandler, {
    get:
      (_, name) =>
      (...args: readonly unknown[]) => {
        events.push([name, ...args.map((arg) => (Buffer.isBuffer(arg) ? arg.toString('hex') : arg))]);
      },
  });
  const receiver = new Receiver(handler, 'client', 65_536);
  try {
    for (const piece of pieces) {
      receiver.receive(piece);
      // They are the caller's again.
      piece.fill(0xff);
    }
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    events.push(['error', error.code]);
  }
  return events;
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => Buffer.from(bytes.subarray(at[index], end)));
}

it('reads the same from frames however they are cut', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 12 }), (frames, cuts) => {
      const bytes = write(frames);
      const whole = eventsOf([Buffer.from(bytes)]);
      expect(whole).toHaveLength(1 + frames.length + frames.filter((each) => 'fields' in each).length);
      expect(eventsOf(cutAt(bytes, cuts))).toEqual(whole);
    }),
  );
  const bytes = write([
    { type: frameTypes.headers, fields: [['a', 'b']], cut: 2 },
    { type: types.data, payload: Buffer.from('hello') },
  ]);
  const whole = eventsOf([Buffer.from(bytes)]);
  for (let at = 0; at <= bytes.length; at++) expect(eventsOf(cutAt(bytes, [at]))).toEqual(whole);
  expect(eventsOf(cutAt(bytes, [...bytes.keys()]))).toEqual(whole);
});

it('reads the same from anything however it is cut', () => {
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 4 }),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      (frames, changes, cuts) => {
        const bytes = write(frames);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        expect(eventsOf(cutAt(bytes, cuts))).toEqual(eventsOf([Buffer.from(bytes)]));
      },
    ),
  );
});
