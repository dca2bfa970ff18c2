import { isDeepStrictEqual } from 'node:util';
import type { CoreService, KubernetesObject, Pod } from '@ebb/api';
import type { Machine } from '../rest/call.ts';
import type { StorageEvent } from '../store/storage-event.ts';
import { deletePlace, ensureObject } from './internal-write.ts';
import { endpointsOf, isMeant, manager, managedByLabel, selects, serviceNameLabel } from './service-endpoints.ts';
import type { TaskQueue } from './task-queue.ts';

const sliceKey = 'endpointslices.discovery.k8s.io';

/** Writes the Endpoints and EndpointSlices of Services that select pods, as kube-controller-manager does. */
export class EndpointsController {
  readonly #machine: Machine;
  readonly #queue: TaskQueue;
  /** Services with a selector, by namespace: Knative's own have none. */
  readonly #selecting = new Map<string, Set<string>>();

  constructor(machine: Machine, queue: TaskQueue) {
    this.#machine = machine;
    this.#queue = queue;
  }

  /** Looks at all Services. */
  start(): void {
    for (const { namespace, name, object } of this.#machine.storage.table('services').list()) {
      if (selects(object as CoreService)) this.#note(namespace, name);
    }
  }

  /** Takes note of a committed change. */
  observe({ type, resource, current, previous }: StorageEvent): void {
    const { namespace, name } = current;
    if (resource === 'services') {
      if (type !== 'DELETED' && selects(current.object as CoreService)) this.#note(namespace, name);
      else if (this.#selecting.get(namespace)?.delete(name)) this.#enqueue(namespace, name);
    } else if (resource === 'pods') {
      for (const each of this.#selecting.get(namespace) ?? []) {
        const service = this.#service(namespace, each);
        const means = (pod: typeof previous): boolean =>
          service !== undefined && pod !== undefined && isMeant(service, pod.object.metadata.labels);
        if (means(current) || means(previous)) this.#enqueue(namespace, each);
      }
    }
  }

  #note(namespace: string, name: string): void {
    const names = this.#selecting.get(namespace) ?? new Set();
    this.#selecting.set(namespace, names.add(name));
    this.#enqueue(namespace, name);
  }

  #enqueue(namespace: string, name: string): void {
    this.#queue.add(`endpoints of ${namespace}/${name}`, () => this.#reconcile(namespace, name));
  }

  #service(namespace: string, name: string): CoreService | undefined {
    return this.#machine.storage.table('services').get(namespace, name)?.object as CoreService | undefined;
  }

  #reconcile(namespace: string, name: string): void {
    const { storage } = this.#machine;
    const service = this.#service(namespace, name);
    const isWanted = service !== undefined && selects(service);
    // Without a selector they are somebody else's, or go with their Service.
    if (!isWanted && service) return;
    if (!isWanted) return deletePlace(this.#machine, { resource: 'endpoints', namespace, name });
    const pods = storage.table('pods').list(namespace);
    const meant = pods.map(({ object }) => object as Pod).filter(({ metadata }) => isMeant(service, metadata.labels));
    const { endpoints, slices } = endpointsOf(service, meant);
    this.#write('endpoints', endpoints);
    for (const slice of slices) this.#write(sliceKey, slice);
    const wanted = new Set(slices.map(({ metadata }) => metadata.name));
    for (const { object } of storage.table(sliceKey).list(namespace)) {
      const { labels = {}, name: sliceName = '' } = object.metadata;
      const isOurs = labels[serviceNameLabel] === name && labels[managedByLabel] === manager;
      if (isOurs && !wanted.has(sliceName))
        deletePlace(this.#machine, { resource: sliceKey, namespace, name: sliceName });
    }
  }

  #write(resource: string, object: KubernetesObject): void {
    const { namespace = '', name = '' } = object.metadata;
    const stored = this.#machine.storage.table(resource).get(namespace, name);
    if (!stored) return ensureObject(this.#machine, resource, object);
    const { labels: _, ...kept } = stored.object.metadata;
    const { labels } = object.metadata;
    const changed = { ...object, metadata: { ...kept, ...(labels ? { labels } : {}) } };
    if (!isDeepStrictEqual(changed, stored.object)) this.#machine.storage.put(resource, changed);
  }
}
