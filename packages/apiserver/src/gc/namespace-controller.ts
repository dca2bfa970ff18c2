import { isDeepStrictEqual } from 'node:util';
import type { Namespace } from '@ebb/api';
import { type Machine, timestamp } from '../rest/call.ts';
import type { StorageEvent } from '../store/storage-event.ts';
import { deletePlace, ensureObject, putOrFinish } from './internal-write.ts';
import { type Remaining, conditionsOf } from './namespace-conditions.ts';
import type { TaskQueue } from './task-queue.ts';

/** Fills new namespaces with what every namespace has, and empties those that are being deleted. */
export class NamespaceController {
  readonly #machine: Machine;
  readonly #queue: TaskQueue;
  readonly #caCertificate: string;

  constructor(machine: Machine, queue: TaskQueue, caCertificate: string) {
    this.#machine = machine;
    this.#queue = queue;
    this.#caCertificate = caCertificate;
  }

  /** Looks at all namespaces. */
  start(): void {
    for (const { name } of this.#machine.storage.table('namespaces').list()) this.#enqueue(name);
  }

  /** Takes note of a committed change. */
  observe({ type, resource, current, previous }: StorageEvent): void {
    if (resource === 'namespaces') {
      if (type !== 'DELETED') this.#enqueue(current.name);
      return;
    }
    const [held, before] = [current, previous].map((each) => each?.object.metadata.finalizers?.length ?? 0);
    const isLess = type === 'DELETED' || held !== before;
    if (isLess && this.#isTerminating(current.namespace)) this.#enqueue(current.namespace);
  }

  #enqueue(name: string): void {
    this.#queue.add(`namespace ${name}`, () => this.#reconcile(name));
  }

  #reconcile(name: string): void {
    const stored = this.#machine.storage.table('namespaces').get('', name);
    if (!stored) return;
    if (stored.object.metadata.deletionTimestamp === undefined) this.#fill(name);
    else this.#end(stored.object as Namespace, this.#clear(name));
  }

  #fill(namespace: string): void {
    const metadata = { name: 'default', namespace };
    ensureObject(this.#machine, 'serviceaccounts', { metadata });
    const data = { 'ca.crt': this.#caCertificate };
    ensureObject(
      this.#machine,
      'configmaps',
      Object.assign({ metadata: { name: 'kube-root-ca.crt', namespace } }, { data }),
    );
  }

  /** Asks all content to go; what is there still. */
  #clear(namespace: string): readonly Remaining[] {
    const { storage } = this.#machine;
    return storage.resources().flatMap((resource) => {
      const table = storage.table(resource);
      for (const { name, object } of namespace === '' ? [] : table.list(namespace)) {
        if (object.metadata.deletionTimestamp === undefined)
          deletePlace(this.#machine, { resource, namespace, name }, 'Background');
      }
      return table.list(namespace).map(({ object }) => ({ resource, finalizers: object.metadata.finalizers ?? [] }));
    });
  }

  /** Lets a namespace go, or tells what keeps it. */
  #end(namespace: Namespace, remaining: readonly Remaining[]): void {
    if (remaining.length === 0) return this.#finalize(namespace);
    const { conditions: was = [], ...status } = namespace.status ?? {};
    const conditions = conditionsOf(remaining, was, timestamp(this.#machine.clock.now()));
    const changed: Namespace = { ...namespace, status: { ...status, conditions: [...conditions] } };
    if (!isDeepStrictEqual(conditions, was)) this.#machine.storage.put('namespaces', changed);
  }

  #finalize(namespace: Namespace): void {
    const rest = (namespace.spec?.finalizers ?? []).filter((each) => each !== 'kubernetes');
    const { finalizers: _, ...spec } = namespace.spec ?? {};
    const changed: Namespace = { ...namespace, spec: rest.length > 0 ? { ...spec, finalizers: rest } : spec };
    const place = { resource: 'namespaces', namespace: '', name: namespace.metadata.name ?? '' };
    if (rest.length !== (namespace.spec?.finalizers?.length ?? 0)) putOrFinish(this.#machine, place, changed);
  }

  #isTerminating(name: string): boolean {
    const stored = name === '' ? undefined : this.#machine.storage.table('namespaces').get('', name);
    return stored?.object.metadata.deletionTimestamp !== undefined;
  }
}
