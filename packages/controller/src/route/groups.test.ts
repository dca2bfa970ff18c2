import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Traffic, groupTargets, statusTraffic } from './groups.ts';
import { makeRollout } from './rollout/rollout.ts';
import type { ResolvedTarget } from './traffic.ts';

const target = (revisionName: string, percent: number, tag = '', latestRevision = false): ResolvedTarget => ({
  tag,
  revisionName,
  configurationName: 'hello',
  percent,
  latestRevision,
  protocol: 'http1',
});

const atGoal = (targets: readonly ResolvedTarget[]): Traffic => ({
  targets,
  rollout: makeRollout(targets),
  protocolOf: () => 'http1',
});

const shares = (targets: readonly ResolvedTarget[]): unknown =>
  groupTargets(atGoal(targets)).map(({ tag, splits }) => [
    tag,
    splits.map((split) => [split.revisionName, split.percent]),
  ]);

describe('grouping targets', () => {
  it('adds up the shares of a revision and gives a tag all of its own', () => {
    expect(shares([target('a', 30, 'old'), target('b', 50), target('a', 20), target('c', 0, 'try')])).toEqual([
      [
        '',
        [
          ['a', 50],
          ['b', 50],
          ['c', 0],
        ],
      ],
      ['old', [['a', 100]]],
      ['try', [['c', 100]]],
    ]);
  });

  it('gives a single revision everything', () => {
    expect(shares([target('a', 0)])).toEqual([['', [['a', 100]]]]);
  });

  it('keeps every share of the Route and sorts tags', () => {
    const name = fc.constantFrom('a', 'b', 'c');
    const targets = fc.array(fc.record({ name, percent: fc.nat(100), tag: fc.constantFrom('', 'x', 'y', 'z') }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(targets, (list) => {
        const [main, ...tagged] = groupTargets(
          atGoal(list.map(({ name: revision, percent, tag }) => target(revision, percent, tag))),
        );
        const total = list.reduce((sum, { percent }) => sum + percent, 0);
        const sum = main!.splits.reduce((all, { percent }) => all + percent, 0);
        expect(sum).toBe(main!.splits.length === 1 ? 100 : total);
        expect(tagged.map(({ tag }) => tag)).toEqual(
          [...new Set(list.map(({ tag }) => tag))].filter(Boolean).toSorted(),
        );
      }),
    );
  });
});

describe('status.traffic', () => {
  it('keeps the order of the spec, merges equals, and has a URL only with a tag', () => {
    const targets = [target('b', 50), target('a', 10, 'old'), target('b', 20), target('b', 20, '', true)];
    expect(statusTraffic(atGoal(targets), (tag) => `http://${tag}-hello`)).toEqual([
      { revisionName: 'b', percent: 70, latestRevision: false },
      { revisionName: 'a', percent: 10, latestRevision: false, tag: 'old', url: 'http://old-hello' },
      { revisionName: 'b', percent: 20, latestRevision: true },
    ]);
  });
});

describe('the rollout', () => {
  it('holds what follows the latest revision, by tag, then configuration', () => {
    expect(
      makeRollout([
        target('a', 60, '', true),
        target('a', 10, 'now', true),
        target('b', 10),
        target('a', 20, '', true),
      ]),
    ).toEqual({
      configurations: [
        { configurationName: 'hello', percent: 90, revisions: [{ revisionName: 'a', percent: 90 }] },
        { configurationName: 'hello', tag: 'now', percent: 100, revisions: [{ revisionName: 'a', percent: 100 }] },
      ],
    });
  });
});
