import { type Configuration, type Revision, type TrafficTarget, keys } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { configurationOf, revisionOf, routeOf } from '../../test/objects.ts';
import { type TrafficSources, resolveTraffic } from './traffic.ts';

function sources(configurations: readonly Configuration[], revisions: readonly Revision[]): TrafficSources {
  return {
    configuration: (name) => configurations.find(({ metadata }) => metadata.name === name),
    revision: (name) => revisions.find(({ metadata }) => metadata.name === name),
  };
}

const latest: TrafficTarget = { configurationName: 'hello', latestRevision: true, percent: 100 };
const pinned: TrafficTarget = { revisionName: 'hello-00001', percent: 100 };
const hello = configurationOf('hello', { latestReady: 'hello-00001', status: 'True' });

describe('resolving traffic', () => {
  it('finds the latest ready revision of a configuration, and a revision by name', () => {
    const found = resolveTraffic(
      routeOf([
        { ...latest, percent: 20, tag: 'now' },
        { ...pinned, percent: 80 },
      ]),
      sources([hello], [revisionOf('hello-00001')]),
    );
    const common = { revisionName: 'hello-00001', configurationName: 'hello', protocol: 'http1' };
    expect(found.targets).toEqual([
      { ...common, tag: 'now', percent: 20, latestRevision: true },
      { ...common, tag: '', percent: 80, latestRevision: false },
    ]);
  });

  it.each([
    [
      'no configuration',
      latest,
      sources([], []),
      'False',
      'ConfigurationMissing',
      'Configuration "hello" referenced in traffic not found.',
    ],
    [
      'no revision',
      pinned,
      sources([hello], []),
      'False',
      'RevisionMissing',
      'Revision "hello-00001" referenced in traffic not found.',
    ],
    [
      'a latest ready revision that is gone',
      latest,
      sources([hello], []),
      'False',
      'RevisionMissing',
      'Revision "hello-00001" referenced in traffic not found.',
    ],
    [
      'a configuration still at work',
      latest,
      sources([configurationOf('hello')], []),
      'Unknown',
      'RevisionMissing',
      'Configuration "hello" is waiting for a Revision to become ready.',
    ],
    [
      'a configuration that failed',
      latest,
      sources([configurationOf('hello', { status: 'False' })], []),
      'False',
      'RevisionMissing',
      'Configuration "hello" does not have any ready Revision.',
    ],
    [
      'a revision still at work',
      pinned,
      sources([hello], [revisionOf('hello-00001', { status: 'Unknown' })]),
      'Unknown',
      'RevisionMissing',
      'Revision "hello-00001" is not yet ready.',
    ],
    [
      'a revision that failed',
      pinned,
      sources([hello], [revisionOf('hello-00001', { status: 'False' })]),
      'False',
      'RevisionMissing',
      'Revision "hello-00001" failed to become ready.',
    ],
    [
      'a revision without its configuration',
      pinned,
      sources([], [revisionOf('hello-00001')]),
      'False',
      'ConfigurationMissing',
      'Configuration "hello" referenced in traffic not found.',
    ],
  ])('tells of %s', (_what, target, from, status, reason, message) => {
    expect(resolveTraffic(routeOf([target]), from).problem).toEqual({ status, reason, message });
  });

  it('refuses the revision of another Service', () => {
    const route = routeOf([pinned], { labels: { [keys.service]: 'hello' } });
    const stranger = revisionOf('hello-00001', { metadata: { labels: { [keys.service]: 'other' } } });
    expect(resolveTraffic(route, sources([hello], [stranger])).problem?.reason).toBe('RevisionNotOwned');
  });

  it('tells the last failure, else the first that is pending', () => {
    const of = (name: string): TrafficTarget => ({ configurationName: name, percent: 25 });
    const from = sources([configurationOf('a'), configurationOf('b'), configurationOf('x', { status: 'False' })], []);
    const told = (...names: string[]): string | undefined =>
      resolveTraffic(routeOf(names.map(of)), from).problem?.message;
    expect(told('a', 'b')).toContain('"a"');
    expect(told('a', 'x', 'b')).toContain('"x"');
    expect(told('x', 'y', 'a')).toContain('"y"');
  });
});
