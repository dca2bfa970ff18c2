import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RolloutMoment, advanceRollout } from './advance.ts';
import { parseRollout } from './annotation.ts';
import { type RevisionShare, type Rollout, isDone, untilNextStep } from './rollout.ts';

const start = 1_700_000_000_000;

const goal = (percent: number, revisionName: string, tag?: string): Rollout => ({
  configurations: [
    { configurationName: 'hello', ...(tag ? { tag } : {}), percent, revisions: [{ revisionName, percent }] },
  ],
});
const moment = (seconds: number, more: Partial<RolloutMoment> = {}): RolloutMoment => ({
  now: start + seconds * 1000,
  durationMs: 60_000,
  ingressReady: true,
  exists: () => true,
  ...more,
});
const revisionsOf = (rollout: Rollout): readonly RevisionShare[] => rollout.configurations[0]?.revisions ?? [];
const shares = (rollout: Rollout): string =>
  revisionsOf(rollout)
    .map(({ revisionName, percent }) => `${revisionName}=${percent}`)
    .join(' ');
/** As the Ingress carries it from one look to the next. */
const stored = (rollout: Rollout): Rollout => parseRollout(JSON.stringify(rollout)) ?? { configurations: [] };

/** Rolls `b` out after `a`, the gateways serving the first percent after some seconds; what the newest has, step by step. */
function rollOut(percent: number, seconds: number, readySeconds: number): { newest: number[]; endSeconds: number } {
  const wanted = goal(percent, 'b');
  const time = (at: number): RolloutMoment => moment(at, { durationMs: seconds * 1000 });
  let rollout = advanceRollout(wanted, goal(percent, 'a'), time(0));
  const newest = [revisionsOf(rollout).at(-1)?.percent ?? 0];
  let at = readySeconds;
  rollout = advanceRollout(wanted, stored(rollout), time(at));
  for (let wait = untilNextStep(rollout, start + at * 1000); wait !== undefined;) {
    at += wait / 1000;
    rollout = advanceRollout(wanted, stored(rollout), time(at));
    newest.push(revisionsOf(rollout).at(-1)?.percent ?? 0);
    wait = untilNextStep(rollout, start + at * 1000);
  }
  return { newest, endSeconds: at };
}

describe('a gradual rollout', () => {
  it.each([
    [100, 60, 0.4, 50, [1, 3, 5, 7], 50.4],
    [100, 120, 0.4, 99, [1, 2, 3, 4], 119.4],
    [100, 60, 5, 11, [1, 10, 19, 28], 60],
    [100, 10, 30, 1, [1, 100], 31],
    [55, 100, 20, 4, [1, 15, 29, 43, 55], 100],
    [50, 60, 3, 17, [1, 4, 7, 10], 54],
    [34, 30, 2, 17, [1, 3, 5, 7], 36],
    [2, 60, 1, 1, [1, 2], 60],
  ])('of %d %% in %d s, served after %d s, takes %d steps', (percent, seconds, ready, steps, first, end) => {
    const { newest, endSeconds } = rollOut(percent, seconds, ready);
    expect(newest).toHaveLength(steps + 1);
    expect(newest.slice(0, first.length)).toEqual(first);
    expect(newest.at(-1)).toBe(percent);
    expect(Math.abs(endSeconds - end)).toBeLessThan(0.2);
  });

  it('waits for the gateways before it goes on from the first percent', () => {
    const begun = advanceRollout(goal(100, 'b'), goal(100, 'a'), moment(0));
    expect(shares(begun)).toBe('a=99 b=1');
    expect(untilNextStep(begun, start)).toBeUndefined();
    const waiting = advanceRollout(goal(100, 'b'), stored(begun), moment(50, { ingressReady: false }));
    expect(waiting).toEqual(begun);
  });

  it.each([
    ['no duration', goal(100, 'b'), goal(100, 'a'), { durationMs: 999 }],
    ['no known past', goal(100, 'b'), undefined, {}],
    ['a share of one percent', goal(1, 'b'), goal(1, 'a'), {}],
    ['no share', goal(0, 'b'), goal(0, 'a'), {}],
    ['a new tag', goal(100, 'b', 'new'), goal(100, 'a'), {}],
    ['old revisions that are gone', goal(100, 'b'), goal(100, 'a'), { exists: (name: string) => name === 'b' }],
  ])('is at its goal at once with %s', (_what, wanted, present, more) => {
    expect(advanceRollout(wanted, present, moment(0, more))).toEqual(wanted);
  });

  const moving: Rollout = {
    configurations: [
      {
        configurationName: 'hello',
        percent: 100,
        revisions: [
          { revisionName: 'a', percent: 60 },
          { revisionName: 'b', percent: 40 },
        ],
        stepParams: { starttime: start * 1e6, nextStepTime: (start + 5000) * 1e6, stepDuration: 5e9, stepSize: 10 },
      },
    ],
  };

  it.each([
    ['a step gives to the newest', goal(100, 'b'), 5, 'a=50 b=50'],
    ['nothing moves before its time', goal(100, 'b'), 4, 'a=60 b=40'],
    ['a newer revision joins with one percent of the newest', goal(100, 'c'), 4, 'a=60 b=39 c=1'],
    ['a rollback keeps what the older one has', goal(100, 'a'), 4, 'b=40 a=60'],
    ['more share goes to the newest', { ...goal(100, 'b') }, 4, 'a=60 b=40'],
    ['less share is taken from the oldest', goal(70, 'b'), 4, 'a=30 b=40'],
    ['much less share ends it', goal(30, 'b'), 4, 'b=30'],
  ])('%s', (_what, wanted, seconds, expected) => {
    expect(shares(advanceRollout(wanted, moving, moment(seconds)))).toBe(expected);
  });

  it('drains the newest of the old ones first', () => {
    const joined = advanceRollout(goal(100, 'c'), moving, moment(4));
    const paced = advanceRollout(goal(100, 'c'), stored(joined), moment(14));
    const [{ stepParams } = {}] = paced.configurations;
    expect(stepParams).toMatchObject({ stepSize: 20, stepDuration: 10e9 });
    const seen = [24, 34, 44, 54, 64].reduce(
      (rollouts, at) => [...rollouts, advanceRollout(goal(100, 'c'), stored(rollouts.at(-1) ?? paced), moment(at))],
      [] as Rollout[],
    );
    expect(seen.map(shares)).toEqual(['a=60 b=19 c=21', 'a=59 c=41', 'a=39 c=61', 'a=19 c=81', 'c=100']);
    expect(isDone(seen.at(-1) ?? moving)).toBe(true);
  });

  it('begins anew where its times cannot be true', () => {
    const [configuration] = moving.configurations;
    const ahead = (start + 86_400_000) * 1e6;
    const odd = {
      configurations: [{ ...configuration!, stepParams: { ...configuration!.stepParams!, nextStepTime: ahead } }],
    };
    const again = advanceRollout(goal(100, 'b'), odd, moment(0));
    expect(untilNextStep(again, start)).toBe(59_000 / 59);
  });

  it('adds up, never takes from the newest, and ends, whatever happens meanwhile', () => {
    const change = fc.record({
      seconds: fc.double({ min: 0, max: 40, noNaN: true }),
      ready: fc.boolean(),
      revision: fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { freq: 5 }),
      percent: fc.option(fc.integer({ min: 2, max: 100 }), { freq: 5 }),
    });
    const past = fc.record({ percent: fc.integer({ min: 2, max: 100 }), duration: fc.integer({ min: 1, max: 600 }) });
    fc.assert(
      fc.property(past, fc.array(change, { maxLength: 60 }), ({ percent, duration }, changes) => {
        let wanted = goal(percent, 'a');
        let rollout = wanted;
        let seconds = 0;
        const look = (ready: boolean): Rollout => {
          const at = moment(seconds, { durationMs: duration * 1000, ingressReady: ready });
          const next = advanceRollout(wanted, stored(rollout), at);
          const [{ percent: whole, revisions } = { percent: 0, revisions: [] }] = next.configurations;
          expect(revisions.reduce((sum, share) => sum + share.percent, 0)).toBe(whole);
          expect(revisions.every((share) => share.percent > 0)).toBe(true);
          return next;
        };
        for (const { seconds: later, ready, revision, percent: share } of changes) {
          seconds += later;
          const before = wanted.configurations[0];
          wanted = goal(share ?? before?.percent ?? 100, revision ?? before?.revisions[0]?.revisionName ?? 'a');
          const next = look(ready);
          const same =
            (share ?? before?.percent) === before?.percent &&
            (revision === null || revision === before?.revisions[0]?.revisionName);
          const least = same ? (revisionsOf(rollout).at(-1)?.percent ?? 0) : 0;
          expect(revisionsOf(next).at(-1)?.percent).toBeGreaterThanOrEqual(least);
          rollout = next;
        }
        for (let steps = 0; !isDone(rollout); steps++) {
          expect(steps).toBeLessThan(120);
          rollout = look(true);
          seconds += (untilNextStep(rollout, start + seconds * 1000) ?? 0) / 1000;
        }
        expect(rollout).toEqual(wanted);
      }),
    );
  });
});

describe('the annotation', () => {
  it.each([
    ['nothing', undefined],
    ['no JSON', '{"configurations":'],
    ['another shape', '{"configurations":{"a":1}}'],
    ['null', 'null'],
    ['a configuration without a name', '{"configurations":[{"percent":0,"revisions":[]}]}'],
    ['shares that do not add up', '{"configurations":[{"configurationName":"a","percent":5,"revisions":[]}]}'],
    [
      'more than everything',
      '{"configurations":[{"configurationName":"a","percent":101,"revisions":[{"revisionName":"r","percent":101}]}]}',
    ],
    [
      'a step backwards',
      '{"configurations":[{"configurationName":"a","percent":5,"revisions":[{"revisionName":"r","percent":5}],"stepParams":{"starttime":1,"nextStepTime":1,"stepDuration":1,"stepSize":-1}}]}',
    ],
  ])('counts as none with %s', (_what, text) => {
    expect(parseRollout(text)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseRollout(text)));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const text = JSON.stringify({ configurations: [{ configurationName: 'a', percent: a, revisions: b }, b] });
        parseRollout(text);
      }),
    );
  });
});
