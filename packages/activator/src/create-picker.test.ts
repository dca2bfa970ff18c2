import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Backend } from './backend.ts';
import { createPicker } from './create-picker.ts';

const backend = (sequence: number, inFlight = 0): Backend => ({
  name: `pod-${sequence}`,
  sequence,
  address: { host: '127.0.0.1', port: 1 },
  state: 'ready',
  podReady: true,
  inFlight,
  borrowed: 0,
  lent: 0,
  times: {},
  limit: 10,
  index: -1,
});

describe.each([
  [0, undefined],
  [2, undefined],
  [10, undefined],
  [2, 'round-robin'],
  [0, 'least-busy'],
] as const)('the picker for a concurrency of %i, scheduler %s', (containerConcurrency, scheduler) => {
  it('picks only what was offered and not withdrawn', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat(9))),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (steps, random) => {
          const picker = createPicker(containerConcurrency, () => random.next().value ?? 0, scheduler);
          const backends = Array.from({ length: 10 }, (_, i) => backend(i));
          const offered = new Set<Backend>();
          for (const [offer, index] of steps) {
            const chosen = backends[index]!;
            if (offer) {
              picker.offer(chosen);
              offered.add(chosen);
            } else {
              picker.withdraw(chosen);
              offered.delete(chosen);
            }
            const picked = picker.pick();
            const sequences = [...offered].map(({ sequence }) => sequence);
            const isFirst = containerConcurrency === 2 && !scheduler;
            const allowed = isFirst ? [Math.min(...sequences)] : sequences;
            expect(offered.size > 0 ? allowed : [undefined]).toContain(picked?.sequence);
          }
        },
      ),
    );
  });
});

describe('the policies', () => {
  it('take the less busy of two when concurrency is unlimited', () => {
    const picker = createPicker(0, () => 0);
    picker.offer(backend(0, 5));
    picker.offer(backend(1, 2));
    expect(picker.pick()?.name).toBe('pod-1');
  });

  it('take the least busy of all where that is asked for, the oldest of several', () => {
    const picker = createPicker(0, () => 0, 'least-busy');
    const backends = [backend(0, 5), backend(2, 1), backend(1, 1), backend(3, 4)];
    for (const one of backends) picker.offer(one);
    expect(picker.pick()?.name).toBe('pod-1');
    backends[0]!.inFlight = 0;
    expect(picker.pick()?.name).toBe('pod-0');
  });

  it('take each in turn from a concurrency of four', () => {
    const picker = createPicker(4, () => 0);
    const backends = [backend(0), backend(1), backend(2)];
    for (const one of backends) picker.offer(one);
    const turns = (): string[] => Array.from({ length: 3 }, () => picker.pick()?.name ?? '');
    expect([...turns(), ...turns()]).toEqual(['pod-0', 'pod-1', 'pod-2', 'pod-0', 'pod-1', 'pod-2']);
  });
});
