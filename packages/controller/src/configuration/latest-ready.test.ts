import type { Configuration } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { configurationOf, revisionOf } from '../../test/objects.ts';
import { findLatestReady, isNameTaken } from './latest-ready.ts';
import { makeRevision, revisionNameOf } from './resources.ts';

const named = (name: string, configuration: Configuration): Configuration => ({
  ...configuration,
  spec: { template: { ...configuration.spec.template, metadata: { name } } },
});

describe('the latest ready revision', () => {
  const [one, two, three] = [1, 2, 3].map((generation) => revisionOf(`hello-0000${generation}`, { generation }));
  const unready = revisionOf('hello-00003', { generation: 3, status: 'Unknown' });

  it.each([
    ['the newest that is ready', configurationOf('hello', { generation: 3 }), [one!, two!, three!], 'hello-00003'],
    [
      'an older one while the newest is not',
      configurationOf('hello', { generation: 3, latestReady: 'hello-00001' }),
      [one!, two!, unready],
      'hello-00002',
    ],
    [
      'none older than the present one',
      configurationOf('hello', { generation: 3, latestReady: 'hello-00003' }),
      [one!, two!, unready],
      undefined,
    ],
    [
      'the next when the present one is gone',
      configurationOf('hello', { generation: 3, latestReady: 'hello-00009' }),
      [one!, two!],
      'hello-00002',
    ],
    [
      'an own name before all',
      named('hello-00001', configurationOf('hello', { generation: 3, latestReady: 'hello-00002' })),
      [one!, two!],
      'hello-00001',
    ],
    ['none of a generation to come', configurationOf('hello', { generation: 1 }), [two!], undefined],
  ])('is %s', (_what, configuration, revisions, name) => {
    expect(findLatestReady(configuration, revisions)?.metadata.name).toBe(name);
  });
});

describe('an own name', () => {
  const configuration = named('hello-blue', configurationOf('hello', { generation: 4 }));
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Configuration', name: 'hello', uid: 'hello', controller: true }];

  it('is free, or that of the same template, or taken', () => {
    const same = revisionOf('hello-blue', { metadata: { ownerReferences } });
    const other = { ...same, spec: { containers: [{ name: 'user-container', image: 'other' }] } };
    expect(isNameTaken(undefined, configuration)).toBe(false);
    expect(isNameTaken(same, configuration)).toBe(false);
    expect(isNameTaken(other, configuration)).toBe(true);
    expect(isNameTaken(revisionOf('hello-blue', { generation: 4, metadata: { ownerReferences } }), configuration)).toBe(
      false,
    );
    expect(isNameTaken(revisionOf('hello-blue'), configuration)).toBe(true);
  });

  it('is used in place of one that counts up', () => {
    expect(revisionNameOf(configuration)).toBe('hello-blue');
    expect(revisionNameOf(configurationOf('hello', { generation: 12 }))).toBe('hello-00012');
  });

  it('starts pending without a Route', () => {
    const { labels } = makeRevision(configuration, 0).metadata;
    expect(labels?.['serving.knative.dev/routingState']).toBe('pending');
  });
});
