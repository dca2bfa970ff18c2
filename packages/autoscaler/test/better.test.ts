import { describe, expect, it } from 'vitest';
import { type Replay, replay } from './trace-world.ts';

/** A load by second. */
const trace = (seconds: number, load: (second: number) => number): readonly number[] =>
  Array.from({ length: seconds }, (_, second) => load(second));

/** What a trace comes to without and with some annotations. */
function compare(
  world: Replay,
  better: Readonly<Record<string, string>>,
): { before: ReturnType<typeof replay>; after: ReturnType<typeof replay> } {
  return { before: replay(world), after: replay({ ...world, annotations: { ...world.annotations, ...better } }) };
}

describe('panic while the load rises', () => {
  // A jump to three times the load, then a rise that doubles it each fifty seconds, then flat.
  const rise = trace(400, (second) => (second < 60 ? 10 : 30 * 1.014 ** Math.min(second - 60, 200)));
  const annotations = { target: '10', 'target-utilization-percentage': '80' };
  const world: Replay = { arrivals: rise, annotations, perPod: 10, startSeconds: 3, pods: 2 };
  const { before, after } = compare(world, { 'ebb.dev/panic-while-rising': 'true' });
  const inRise = (wanted: readonly number[]): readonly number[] => wanted.slice(70, 260);
  const falls = (wanted: readonly number[]): number =>
    inRise(wanted).filter((scale, index, all) => index > 0 && scale < (all[index - 1] ?? 0)).length;

  it('takes pods away in the midst of it, by default', () => expect(falls(before.wanted)).toBe(2));
  it('does not where asked not to', () => expect(falls(after.wanted)).toBe(0));
  it('saves nine tenths of the waiting, with fewer pods', () => {
    expect(Math.round(before.waited)).toBe(3053);
    expect(Math.round(after.waited)).toBe(256);
    expect(after.podSeconds).toBeLessThan(before.podSeconds);
  });
});

describe('pods that are starting', () => {
  it('count in the rates where asked to: slow pods are ordered in seconds, not minutes', () => {
    const arrivals = trace(400, (second) => (second < 30 ? 5 : 200));
    const config = { 'max-scale-up-rate': '2' };
    const world: Replay = { arrivals, annotations: { target: '10' }, config, perPod: 10, startSeconds: 30, pods: 1 };
    const { before, after } = compare(world, { 'ebb.dev/count-starting-pods': 'true' });
    const enough = (wanted: readonly number[]): number => wanted.findIndex((scale) => scale >= 20) - 30;
    expect([enough(before.wanted), enough(after.wanted)]).toEqual([120, 8]);
    expect(after.waited).toBeLessThan(before.waited / 10);
  });

  it('count against the panic threshold: a readiness that flaps makes no fleet', () => {
    const unready = (second: number): number => (second % 50 >= 46 ? 9 : 0);
    const annotations = { target: '10' };
    const world: Replay = {
      arrivals: trace(400, () => 100),
      annotations,
      perPod: 10,
      startSeconds: 3,
      pods: 15,
      unready,
    };
    const { before, after } = compare(world, { 'ebb.dev/count-starting-pods': 'true' });
    expect([before.podSeconds, after.podSeconds]).toEqual([8969, 6501]);
    expect(after.wanted.slice(100).every((scale) => scale <= 17)).toBe(true);
  });
});

describe('rates of a revision’s own', () => {
  it('keep a blip of two seconds from making a fleet', () => {
    const arrivals = trace(300, (second) => (second === 61 || second === 62 ? 1500 : 15));
    const world: Replay = { arrivals, annotations: { target: '10' }, perPod: 10, startSeconds: 3, pods: 3 };
    const { before, after } = compare(world, { 'ebb.dev/max-scale-up-rate': '2' });
    expect([before.mostPods, after.mostPods]).toEqual([361, 104]);
    expect(after.podSeconds).toBeLessThan(before.podSeconds / 3);
  });

  it('keep pods between waves', () => {
    const arrivals = trace(900, (second) => (second % 150 < 60 ? 200 : 10));
    const world: Replay = { arrivals, annotations: { target: '10' }, perPod: 10, startSeconds: 5, pods: 2 };
    const { before, after } = compare(world, { 'ebb.dev/max-scale-down-rate': '1.02' });
    expect(after.waited).toBeLessThan(before.waited / 2);
  });

  it('count only within their range', () => {
    const arrivals = trace(60, () => 100);
    const world: Replay = { arrivals, annotations: { target: '10' }, perPod: 10, startSeconds: 0, pods: 1 };
    const { before, after } = compare(world, { 'ebb.dev/max-scale-up-rate': '0.5' });
    expect(after).toEqual(before);
  });
});
