import { type KubernetesObject, type Resource, keyOf } from '@ebb/api';
import { type Informer, controllerOf } from '@ebb/kube';
import { type Observable, filter, from, map, mergeMap } from 'rxjs';
import type { OwnWrites } from './own-writes.ts';

/** Keys that the objects of an informer call for when they come, change (as they were and as they are) or go. */
export function keysFrom<T extends KubernetesObject>(
  informer: Informer<T>,
  keysOf: (object: T) => readonly string[],
): Observable<string> {
  return informer.events.pipe(
    mergeMap((event) => {
      const before = event.type === 'updated' ? keysOf(event.old) : [];
      return from(new Set([...before, ...keysOf(event.object)]));
    }),
  );
}

/** The keys of the objects themselves. */
export function ownKeys<T extends KubernetesObject>(informer: Informer<T>): Observable<string> {
  return keysFrom(informer, (object) => [keyOf(object)]);
}

/** The keys of the objects themselves, but for what the controller's own status writes change. */
export function specKeys<T extends KubernetesObject>(
  { ownWrites }: { readonly ownWrites: OwnWrites },
  resource: Resource<T>,
  informer: Informer<T>,
): Observable<string> {
  return informer.events.pipe(
    filter(({ object }) => !ownWrites.isOwnStatus(resource, object)),
    map(({ object }) => keyOf(object)),
  );
}

/** The keys of the objects' controllers of that kind. */
export function controllerKeys<T extends KubernetesObject>(informer: Informer<T>, kind: string): Observable<string> {
  return keysFrom(informer, (object) => {
    const controller = controllerOf(object);
    return controller?.kind === kind ? [keyInNamespace(object, controller.name)] : [];
  });
}

/** The key of an object of that name beside `object`. */
export function keyInNamespace({ metadata: { namespace = '' } }: KubernetesObject, name: string): string {
  return `${namespace}/${name}`;
}

/** All keys of an informer, each time `trigger` tells of something. */
export function allKeysOn<T extends KubernetesObject>(
  trigger: Observable<unknown>,
  informer: Informer<T>,
): Observable<string> {
  return trigger.pipe(mergeMap(() => from(informer.list().map(keyOf))));
}
