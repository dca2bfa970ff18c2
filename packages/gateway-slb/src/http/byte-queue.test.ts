import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteQueue } from './byte-queue.ts';

it('gives back what was put in, in whatever portions', () => {
  const step = fc.oneof(
    fc.record({ push: fc.uint8Array({ maxLength: 6000 }) }),
    fc.record({ take: fc.integer({ min: 1, max: 5000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const queue = new ByteQueue();
      let waiting = Buffer.alloc(0);
      for (const each of steps) {
        if ('push' in each) {
          const bytes = Buffer.from(each.push);
          queue.push(bytes);
          waiting = Buffer.concat([waiting, bytes]);
          bytes.fill(0); // it was copied
        }
        const taken = 'take' in each && queue.length > 0 ? queue.take(each.take) : Buffer.alloc(0);
        expect(taken.equals(waiting.subarray(0, taken.length))).toBe(true);
        waiting = waiting.subarray(taken.length);
        expect(queue.length).toBe(waiting.length);
      }
      expect(queue.clear()).toBe(waiting.length);
      expect(queue.length).toBe(0);
    }),
  );
});

it('puts many small pieces together', () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 5000; i++) queue.push(Buffer.from([i & 0xff]));
  let portions = 0;
  for (; queue.length > 0; portions++) queue.take(16_384);
  expect(portions).toBeLessThanOrEqual(3);
});
