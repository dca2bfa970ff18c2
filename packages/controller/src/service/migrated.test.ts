import type { TrafficTarget } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { routeOf } from '../../test/objects.ts';
import { isMigrated } from './migrated.ts';

const latest: TrafficTarget = { configurationName: 'hello', latestRevision: true, percent: 100 };

describe('the traffic of a Service', () => {
  it.each([
    ['is on the latest revision', [latest], [{ revisionName: 'b', percent: 100, latestRevision: true }], true],
    ['is still on an older one', [latest], [{ revisionName: 'a', percent: 100, latestRevision: true }], false],
    [
      'has an entry too many',
      [latest],
      [
        { revisionName: 'b', percent: 100 },
        { revisionName: 'b', percent: 0, tag: 'x' },
      ],
      false,
    ],
    ['has its tags', [{ ...latest, tag: 'x' }], [{ revisionName: 'b', percent: 100, tag: 'x', url: 'http://x' }], true],
    ['is nowhere', [latest], [], false],
  ])('%s', (_what, spec, traffic, migrated) => {
    expect(isMigrated({ ...routeOf(spec), status: { traffic } }, 'b')).toBe(migrated);
  });
});
