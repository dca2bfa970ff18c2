import type { Configuration, Revision, Route } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { configurationOf, revisionOf, routeOf } from '../../test/objects.ts';
import { findReferred } from './referred.ts';

const first = revisionOf('hello-00001', { generation: 1 });
const second = revisionOf('hello-00002', { generation: 2 });
const route = routeOf([{ configurationName: 'hello', latestRevision: true, percent: 100 }]);

function revisionsReferred(referring: Route, configuration: Configuration, all: readonly Revision[]): string[] {
  const { revisions } = findReferred(referring, {
    configuration: () => configuration,
    revision: (name) => all.find(({ metadata }) => metadata.name === name),
    revisionsOf: () => all,
  });
  return [...revisions];
}

describe('what a Route refers to', () => {
  it('is a Revision just made, before the status of its Configuration tells of it', () => {
    const configuration = configurationOf('hello', { latestReady: 'hello-00001', generation: 2 });
    expect(revisionsReferred(route, configuration, [first, second])).toEqual(['hello-00002']);
  });

  it('is a Revision that is newer than the Configuration as it is known', () => {
    const configuration = configurationOf('hello', { generation: 1 });
    expect(revisionsReferred(route, configuration, [first, second])).toEqual(['hello-00001', 'hello-00002']);
  });

  it('is the Revision of the own name that a Configuration has gone back to', () => {
    const { spec, ...rest } = configurationOf('hello', { generation: 3 });
    const configuration = { ...rest, spec: { template: { ...spec.template, metadata: { name: 'hello-00001' } } } };
    expect(revisionsReferred(route, configuration, [first, second])).toEqual(['hello-00001']);
  });

  it('is no Revision made since where traffic names another', () => {
    const pinned = routeOf([{ revisionName: 'hello-00001', latestRevision: false, percent: 100 }]);
    const configuration = configurationOf('hello', { generation: 2 });
    expect(revisionsReferred(pinned, configuration, [first, second])).toEqual(['hello-00001']);
  });
});
