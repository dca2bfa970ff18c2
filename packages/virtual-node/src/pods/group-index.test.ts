import { expect, it } from 'vitest';
import type { ContainerGroup } from '../eci/eci.ts';
import { GroupIndex } from './group-index.ts';

const group = (uid: string, status = 'Running'): ContainerGroup =>
  ({ containerGroupId: `eci-${uid}`, status, tags: [{ key: 'UID', value: uid }] }) as ContainerGroup;

it('tells what is new, what has changed and what is gone', () => {
  const index = new GroupIndex();
  expect(index.replace([group('a'), group('b')], index.uids())).toEqual(['a', 'b']);
  expect(index.replace([group('a'), group('b', 'Terminating')], index.uids())).toEqual(['b']);
  expect(index.replace([group('a')], index.uids())).toEqual(['b']);
  expect(index.get('b')).toBeUndefined();
});

it('does not take a group made during the listing for gone', () => {
  const index = new GroupIndex();
  const known = index.uids();
  index.created('a', 'eci-a');
  expect(index.replace([], known)).toEqual([]);
  expect(index.get('a')).toEqual({ id: 'eci-a' });
});

it('asks for the images of groups that run, once', () => {
  const index = new GroupIndex();
  index.replace([group('a'), group('b'), group('c', 'Pending')], index.uids());
  expect(index.withoutImages()).toEqual(['eci-a', 'eci-b']);
  const images = new Map([['web', 'sha256:1']]);
  expect(index.learnImages(['eci-a', 'eci-b'], new Map([['eci-a', images]]))).toEqual(['a']);
  expect(index.withoutImages()).toEqual([]);
  index.replace([group('a', 'Terminating')], new Set());
  expect(index.get('a')?.imageIds).toBe(images);
});
