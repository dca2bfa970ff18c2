import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import type { ProbeSpec } from './probe.ts';
import { runProber } from './prober.ts';

const spec: ProbeSpec = {
  action: { kind: 'tcp', port: 1 },
  initialDelaySeconds: 0,
  periodSeconds: 10,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 3,
};

async function probe(
  results: (string | undefined)[],
  { eagerMs, forMs }: { eagerMs?: number; forMs: number },
): Promise<{ at: number; healthy: boolean }[]> {
  const clock = new FakeClock(0);
  const abort = new AbortController();
  const verdicts: { at: number; healthy: boolean }[] = [];
  const running = runProber(
    {
      spec,
      check: () => Promise.resolve(results.length > 1 ? results.shift() : results[0]),
      ...(eagerMs === undefined ? {} : { eagerMs }),
      onVerdict: (healthy) => verdicts.push({ at: clock.now(), healthy }),
      onFailure: () => undefined,
      clock,
    },
    abort.signal,
  );
  await clock.advance(forMs);
  abort.abort();
  await running;
  return verdicts;
}

describe('a prober', () => {
  it('looks often until the first success', async () => {
    const verdicts = await probe(['no', 'no', undefined], { eagerMs: 100, forMs: 1000 });
    expect(verdicts).toEqual([{ at: 200, healthy: true }]);
  });

  it('keeps to the period afterwards, and to the threshold', async () => {
    const verdicts = await probe([undefined, 'no', 'no', undefined, 'no'], { eagerMs: 100, forMs: 100_000 });
    expect(verdicts).toEqual([
      { at: 0, healthy: true },
      { at: 60_000, healthy: false },
    ]);
  });

  it('counts failures by the period, however often it looks', async () => {
    const verdicts = await probe(['no'], { eagerMs: 100, forMs: 45_000 });
    expect(verdicts).toEqual([{ at: 30_000, healthy: false }]);
  });

  it('gives up a check that takes too long', async () => {
    const clock = new FakeClock(0);
    const abort = new AbortController();
    const failures: string[] = [];
    const options = { spec, check: () => new Promise<undefined>(() => undefined), onVerdict: () => undefined, clock };
    const running = runProber({ ...options, onFailure: (message) => failures.push(message) }, abort.signal);
    await clock.advance(12_500);
    abort.abort();
    await running;
    expect(failures).toEqual(['no answer within 1 s', 'no answer within 1 s']);
  });
});
