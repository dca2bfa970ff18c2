import { type OwnerReference, type Route, resources } from '@ebb/api';
import type { Informer } from '@ebb/kube';
import { expect, it } from 'vitest';
import { routeOf } from '../test/objects.ts';
import { reconcileChild } from './children.ts';
import type { Work } from './context.ts';

const service = { metadata: { namespace: 'default', name: 'hello', uid: 'new' } };

function ownedBy(owner: Partial<OwnerReference> | undefined): Route {
  const reference = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'hello', uid: 'new' };
  const ownerReferences = owner ? [{ ...reference, controller: true, ...owner }] : [];
  return routeOf([], { ownerReferences });
}

it.each([
  ['nobody', undefined, 'Route "hello" exists and is controlled by something else'],
  ['another', { name: 'other', uid: 'o' }, 'Route "hello" exists and is controlled by something else'],
  ['a former parent of the name', { uid: 'old' }, 'Route "hello" of a former Service "hello" is still there'],
])('a child of %s is left alone', async (_whose, owner, message) => {
  const informer = { get: () => ownedBy(owner) } as unknown as Informer<Route>;
  const make = (): Route => ownedBy({});
  const child = { resource: resources.routes, informer };
  await expect(reconcileChild({} as Work, child, { parent: service, make })).rejects.toThrow(message);
});
