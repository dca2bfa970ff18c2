import { StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Reconciler, type ReconcilerOptions, TerminalError, createReconciler } from './reconciler.ts';

interface Running extends AsyncDisposable {
  readonly reconciler: Reconciler;
  readonly clock: FakeClock;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

function running(options: Pick<ReconcilerOptions, 'reconcile'> & Partial<ReconcilerOptions>): Running {
  const clock = new FakeClock();
  const stop = new AbortController();
  const reconciler = createReconciler({ name: 'test', clock, logger: silentLogger, ...options });
  const done = reconciler.run({ signal: stop.signal });
  const finish = async (): Promise<void> => {
    stop.abort();
    await done;
  };
  return { reconciler, clock, stop, done, [Symbol.asyncDispose]: finish };
}

/** Times, in ms since the start, at which `reconcile` ran. */
function recorded(outcome: (count: number) => unknown): {
  readonly times: number[];
  readonly reconcile: ReconcilerOptions['reconcile'];
  attach(clock: FakeClock): void;
} {
  const times: number[] = [];
  let now = (): number => 0;
  return {
    times,
    attach: (clock) => {
      const start = clock.now();
      now = () => clock.now() - start;
    },
    reconcile: async () => {
      times.push(now());
      const result = outcome(times.length);
      if (result instanceof Error) throw result;
      return result as { requeueAfterMs?: number };
    },
  };
}

test('doubles the wait of a failing key up to the cap and begins anew after a success', async () => {
  const log = recorded((count) => (count === 6 ? undefined : new Error('no')));
  await using queue = running({ reconcile: log.reconcile, backoff: { baseMs: 5, capMs: 20 } });
  log.attach(queue.clock);
  queue.reconciler.enqueue('a');
  await queue.clock.advance(0);
  await queue.clock.advance(1000);
  expect(log.times).toEqual([0, 5, 15, 35, 55, 75]);
  queue.reconciler.enqueue('a');
  await queue.clock.advance(0);
  await queue.clock.advance(5);
  expect(log.times.slice(6)).toEqual([1000, 1005]);
});

test('reports an error that is terminal, and rests', async () => {
  const errors: unknown[] = [];
  const log = recorded(() => new TerminalError('hopeless'));
  await using queue = running({ reconcile: log.reconcile, onError: (_, error) => errors.push(error) });
  queue.reconciler.enqueue('a');
  await queue.clock.advance(100_000);
  expect(log.times).toHaveLength(1);
  expect(errors).toEqual([new TerminalError('hopeless')]);
});

test('retries a conflict soon, and tells nobody', async () => {
  const errors: unknown[] = [];
  const log = recorded((count) => (count < 10 ? new StatusError('Conflict', 'newer') : undefined));
  await using queue = running({ reconcile: log.reconcile, onError: (_, error) => errors.push(error) });
  queue.reconciler.enqueue('a');
  await queue.clock.advance(0);
  await queue.clock.advance(2000);
  expect(log.times).toHaveLength(10);
  expect(errors).toEqual([]);
});

test('comes back to a key when it asked for that', async () => {
  const log = recorded((count) => (count === 1 ? { requeueAfterMs: 50 } : undefined));
  await using queue = running({ reconcile: log.reconcile });
  log.attach(queue.clock);
  queue.reconciler.enqueueAfter('a', 10);
  queue.reconciler.enqueueAfter('a', 30);
  await queue.clock.advance(1000);
  expect(log.times).toEqual([10, 60]);
});

test('aborts a reconcile at its deadline and tries again', async () => {
  const reasons: unknown[] = [];
  await using queue = running({
    deadlineMs: 100,
    reconcile: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          reject(signal.reason as Error);
        });
      }),
  });
  queue.reconciler.enqueue('a');
  await queue.clock.advance(210);
  expect(reasons).toEqual([new Error('not reconciled within 100 ms'), new Error('not reconciled within 100 ms')]);
});

test('settles only when what is under way has ended, and starts nothing new', async () => {
  const started: string[] = [];
  let release: () => void = () => {};
  const queue = running({
    workers: 1,
    reconcile: async (key) => {
      started.push(key);
      await new Promise<void>((resolve) => (release = resolve));
    },
  });
  let settled = false;
  void queue.done.then(() => (settled = true));
  queue.reconciler.enqueue('a');
  queue.reconciler.enqueue('b');
  await queue.clock.advance(0);
  queue.stop.abort();
  queue.reconciler.enqueueAfter('c', 1);
  await queue.clock.advance(10);
  expect(settled).toBe(false);
  release();
  await queue.done;
  expect(started).toEqual(['a']);
});

test('handles every key after its last change, never two of one at a time, whatever fails and however long it takes', async () => {
  const wish = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    afterMs: fc.nat(20),
    advanceMs: fc.nat(30),
    lastsMs: fc.nat(20),
    fails: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(wish, { maxLength: 20 }), fc.integer({ min: 1, max: 3 }), async (wishes, workers) => {
      const plan = [...wishes];
      const inHand = new Set<string>();
      const seen = new Map<string, number>();
      let overlaps = 0;
      await using queue = running({
        workers,
        reconcile: async (key) => {
          if (inHand.has(key) || inHand.size >= workers) overlaps++;
          inHand.add(key);
          seen.set(key, queue.clock.now());
          const how = plan.pop();
          await queue.clock.sleep(how?.lastsMs ?? 0);
          inHand.delete(key);
          if (how?.fails) throw new Error('no');
        },
      });
      const wanted = new Map<string, number>();
      for (const { key, afterMs, advanceMs } of wishes) {
        if (afterMs === 0) queue.reconciler.enqueue(key);
        else queue.reconciler.enqueueAfter(key, afterMs);
        wanted.set(key, queue.clock.now());
        await queue.clock.advance(advanceMs);
      }
      await queue.clock.advance(200_000);
      expect(overlaps).toBe(0);
      for (const [key, since] of wanted) expect(seen.get(key)).toBeGreaterThanOrEqual(since);
    }),
    { numRuns: 40 },
  );
});
