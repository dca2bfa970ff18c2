import { keys } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { revisionOf } from '../../test/objects.ts';
import { patchRevision } from './resources.ts';

const now = Date.parse('2026-01-02T03:04:05Z');
const modified = { [keys.routingStateModified]: '2026-01-02T03:04:05Z' };
const labelled = (routes: string | undefined, state: string): ReturnType<typeof revisionOf> =>
  revisionOf('hello-00001', {
    metadata: {
      resourceVersion: '7',
      labels: { [keys.routingState]: state },
      ...(routes === undefined ? {} : { annotations: { [keys.routes]: routes } }),
    },
  });

describe('labelling a Revision', () => {
  it.each([
    [
      'activates it with its first Route',
      undefined,
      'pending',
      true,
      { labels: { [keys.routingState]: 'active' }, annotations: { [keys.routes]: 'way', ...modified } },
    ],
    [
      'adds a further Route in order',
      'alley,zone',
      'active',
      true,
      { annotations: { [keys.routes]: 'alley,way,zone' } },
    ],
    [
      'keeps it active while a Route is left',
      'alley,way',
      'active',
      false,
      { annotations: { [keys.routes]: 'alley' } },
    ],
    [
      'puts it in reserve without its last Route',
      'way',
      'active',
      false,
      { labels: { [keys.routingState]: 'reserve' }, annotations: { [keys.routes]: null, ...modified } },
    ],
  ])('%s', (_what, routes, state, referred, metadata) => {
    const patch = patchRevision(labelled(routes, state), { route: 'way', referred, now });
    expect(patch).toEqual({ metadata: { resourceVersion: '7', ...metadata } });
  });

  it.each([
    ['is labelled already', 'way', 'active', true],
    ['never had the Route', undefined, 'pending', false],
  ])('changes nothing where it %s', (_what, routes, state, referred) => {
    expect(patchRevision(labelled(routes, state), { route: 'way', referred, now })).toBeUndefined();
  });
});
