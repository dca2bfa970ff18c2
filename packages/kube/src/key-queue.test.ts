import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyQueue } from './key-queue.ts';

test('hands out keys in order of arrival, each once', () => {
  const queue = new KeyQueue();
  for (const key of ['a', 'b', 'a', 'c']) queue.add(key);
  expect([queue.take(), queue.take(), queue.take(), queue.take()]).toEqual(['a', 'b', 'c', undefined]);
});

test('lets a key added while in hand wait again once it is put back', () => {
  const queue = new KeyQueue();
  queue.add('a');
  queue.take();
  queue.add('a');
  queue.add('b');
  expect(queue.take()).toBe('b');
  expect(queue.take()).toBeUndefined();
  queue.done('a');
  expect(queue.take()).toBe('a');
  queue.done('a');
  expect(queue.take()).toBeUndefined();
});

const key = fc.constantFrom('a', 'b', 'c');
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), key }),
  fc.record({ do: fc.constant('take' as const), key }),
  fc.record({ do: fc.constant('done' as const), key }),
);

test('never hands a key to two, and hands out every added key after it was added', () => {
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const queue = new KeyQueue();
      const inHand = new Set<string>();
      const owed = new Set<string>();
      const take = (): boolean => {
        const taken = queue.take();
        if (taken === undefined) return false;
        expect(inHand.has(taken)).toBe(false);
        expect(owed.delete(taken)).toBe(true);
        inHand.add(taken);
        return true;
      };
      for (const { do: verb, key } of steps) {
        if (verb === 'add') {
          queue.add(key);
          owed.add(key);
        } else if (verb === 'take') take();
        else if (inHand.delete(key)) queue.done(key);
      }
      for (const key of inHand) queue.done(key);
      inHand.clear();
      while (take());
      expect(owed).toEqual(new Set());
    }),
  );
});
