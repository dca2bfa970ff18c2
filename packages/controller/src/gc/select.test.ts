import { type GcConfig, type Revision, keys } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { configurationOf, revisionOf } from '../../test/objects.ts';
import { selectGarbage } from './select.ts';

const hour = 3_600_000;
const now = 1_700_000_000_000;
const gc: GcConfig = {
  retainSinceCreateTimeMs: 48 * hour,
  retainSinceLastActiveTimeMs: 15 * hour,
  minNonActiveRevisions: 1,
  maxNonActiveRevisions: 1000,
};

/** A Revision in reserve, created 100 hours ago, that was last active so many hours ago. */
const idle = (name: string, hours: number, { state = 'reserve', created = 100, noGC = 'false' } = {}): Revision =>
  revisionOf(name, {
    metadata: {
      creationTimestamp: new Date(now - created * hour).toISOString(),
      labels: { [keys.routingState]: state },
      annotations: { [keys.routingStateModified]: new Date(now - hours * hour).toISOString(), [keys.noGC]: noGC },
    },
  });
const select = (revisions: readonly Revision[], config: Partial<GcConfig> = {}): unknown =>
  selectGarbage(configurationOf('hello', { latestReady: 'latest' }), revisions, { ...gc, ...config }, now).map(
    ({ metadata }) => metadata.name,
  );

describe('the garbage of a Configuration', () => {
  it('is what has been idle for long, the oldest first, but for the least number kept', () => {
    expect(select([idle('b', 30), idle('a', 40), idle('c', 20)])).toEqual(['a', 'b']);
  });

  it('is nothing active, latest, exempt, young or lately used', () => {
    const kept = [
      idle('active', 90, { state: 'active' }),
      idle('pending', 90, { state: 'pending' }),
      idle('latest', 90),
      idle('exempt', 90, { noGC: 'TRUE' }),
      idle('young', 40, { created: 40 }),
      idle('used', 2),
      idle('last', 1),
    ];
    expect(select(kept)).toEqual([]);
  });

  it('is what exceeds the most, stale or not', () => {
    const revisions = [idle('a', 3), idle('b', 2), idle('c', 1)];
    expect(select(revisions, { maxNonActiveRevisions: 1 })).toEqual(['a', 'b']);
    const disabled = { retainSinceCreateTimeMs: undefined, retainSinceLastActiveTimeMs: undefined };
    expect(select([idle('a', 900), idle('b', 900)], { ...disabled, maxNonActiveRevisions: undefined })).toEqual([]);
  });
});
