import { type GcConfig, type Revision, keys } from '@ebb/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configurationOf, revisionOf } from '../../test/objects.ts';
import { nextGarbageMs, selectGarbage } from './select.ts';

const hour = 3_600_000;
const now = 1_700_000_000_000;
const gc: GcConfig = {
  retainSinceCreateTimeMs: 48 * hour,
  retainSinceLastActiveTimeMs: 15 * hour,
  minNonActiveRevisions: 1,
  maxNonActiveRevisions: 1000,
};
const disabled: Partial<GcConfig> = { retainSinceCreateTimeMs: undefined, retainSinceLastActiveTimeMs: undefined };
const configuration = configurationOf('hello', { latestReady: 'latest', generation: 2 });

interface Past {
  readonly state?: string;
  /** Hours ago. */
  readonly created?: number;
  readonly noGC?: string;
  readonly deleting?: boolean;
  readonly generation?: number;
}

/** A Revision in reserve, created 100 hours ago, that was last active so many hours ago; `undefined`: it does not say. */
function idle(name: string, hours: number | undefined, past: Past = {}): Revision {
  const { state = 'reserve', created = 100, noGC, deleting = false, generation = 1 } = past;
  const at = (ago: number): string => new Date(now - ago * hour).toISOString();
  return revisionOf(name, {
    generation,
    metadata: {
      creationTimestamp: at(created),
      labels: { [keys.routingState]: state },
      annotations: {
        ...(hours === undefined ? {} : { [keys.routingStateModified]: at(hours) }),
        ...(noGC === undefined ? {} : { [keys.noGC]: noGC }),
      },
      ...(deleting ? { deletionTimestamp: at(0) } : {}),
    },
  });
}

const namesOf = (revisions: readonly Revision[]): readonly string[] =>
  revisions.map(({ metadata }) => metadata.name ?? '');
const select = (revisions: readonly Revision[], config: Partial<GcConfig> = {}): readonly string[] =>
  namesOf(selectGarbage(configuration, revisions, { ...gc, ...config }, now));

describe('the garbage of a Configuration', () => {
  const three = [idle('b', 30), idle('a', 40), idle('c', 20)];

  it.each<[string, readonly Revision[], Partial<GcConfig>, readonly string[]]>([
    ['what has been idle for long, the oldest first, but for the least number kept', three, {}, ['a', 'b']],
    ['all that is stale where none need be kept', three, { minNonActiveRevisions: 0 }, ['a', 'b', 'c']],
    ['nothing while there are no more than need be kept', three, { minNonActiveRevisions: 3 }, []],
    [
      'nothing while no more than need be kept are idle, however many are active',
      [
        idle('active', 90, { state: 'active' }),
        idle('pending', 90, { state: 'pending' }),
        idle('latest', 90),
        ...three,
      ],
      { minNonActiveRevisions: 3 },
      [],
    ],
    [
      'never what is active, latest, exempt or on its way out',
      [
        idle('created', 90, { generation: 2 }),
        idle('active', 90, { state: 'active' }),
        idle('pending', 90, { state: 'pending' }),
        idle('latest', 90),
        idle('exempt', 90, { noGC: 'TRUE' }),
        idle('going', 90, { deleting: true }),
        idle('stale', 90, { noGC: 'no' }),
      ],
      { minNonActiveRevisions: 0, maxNonActiveRevisions: 0 },
      ['stale'],
    ],
    [
      'only what both times have passed for',
      [idle('young', 20, { created: 40 }), idle('used', 2), idle('both', 20), idle('last', 1)],
      {},
      ['both'],
    ],
    [
      'not what is exactly as old as may be',
      [idle('edge', 15, { created: 48 }), idle('over', 15.01, { created: 48.01 }), idle('last', 1)],
      {},
      ['over'],
    ],
    [
      'by the time since creation alone, where the other is disabled',
      [idle('old', 1), idle('young', 40, { created: 47 })],
      { retainSinceLastActiveTimeMs: undefined, minNonActiveRevisions: 0 },
      ['old'],
    ],
    [
      'by the time since it was active alone, where the other is disabled',
      [idle('idle', 16, { created: 17 }), idle('used', 2)],
      { retainSinceCreateTimeMs: undefined, minNonActiveRevisions: 0 },
      ['idle'],
    ],
    ['nothing for its age where both times are disabled', three, { ...disabled, minNonActiveRevisions: 0 }, []],
    [
      'nothing at all where the most is disabled, too',
      three,
      { ...disabled, minNonActiveRevisions: 0, maxNonActiveRevisions: undefined },
      [],
    ],
    [
      'what exceeds the most, stale or not',
      [idle('a', 3), idle('b', 2), idle('c', 1)],
      { maxNonActiveRevisions: 1 },
      ['a', 'b'],
    ],
    [
      'what exceeds the most besides what is stale',
      [idle('stale', 30), idle('a', 3), idle('b', 2), idle('c', 1)],
      { maxNonActiveRevisions: 2 },
      ['stale', 'a'],
    ],
    [
      'everything idle with times disabled and a most of 0',
      three,
      { ...disabled, minNonActiveRevisions: 0, maxNonActiveRevisions: 0 },
      ['a', 'b', 'c'],
    ],
    [
      'by creation, what does not say when it was active',
      [idle('silent', undefined, { created: 60 }), idle('said', 50, { created: 60 })],
      {},
      ['silent'],
    ],
  ])('is %s', (_what, revisions, config, garbage) => {
    expect(select(revisions, config)).toEqual(garbage);
  });

  it('leaves as many as need be kept and no more than may be', () => {
    const past = fc.record({ hours: fc.nat(200), created: fc.nat(200) });
    const limits = fc.record({ min: fc.nat(5), more: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(past, { maxLength: 20 }), limits, (pasts, { min, more }) => {
        const revisions = pasts.map(({ hours, created }, index) => idle(`r${index}`, hours, { created }));
        const config = { minNonActiveRevisions: min, maxNonActiveRevisions: min + more };
        const left = revisions.length - select(revisions, config).length;
        expect(left).toBeGreaterThanOrEqual(Math.min(min, revisions.length));
        expect(left).toBeLessThanOrEqual(Math.max(min + more, 0));
      }),
    );
  });

  it('comes about at the time foretold, and not before', () => {
    const revisions = [idle('a', 10), idle('b', 2)];
    const next = nextGarbageMs(configuration, revisions, gc, now) ?? 0;
    expect(next - now).toBe(5 * hour + 1);
    expect(selectGarbage(configuration, revisions, gc, next - 1)).toEqual([]);
    expect(namesOf(selectGarbage(configuration, revisions, gc, next))).toEqual(['a']);
    expect(nextGarbageMs(configuration, revisions, { ...gc, minNonActiveRevisions: 2 }, now)).toBeUndefined();
  });
});
