import type { Namespace } from '@ebb/api';
import type { Machine } from '../rest/call.ts';
import type { StorageEvent } from '../store/storage-event.ts';
import { deletePlace, ensureObject, putOrFinish } from './internal-write.ts';
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
  observe({ type, resource, current }: StorageEvent): void {
    if (resource === 'namespaces') {
      if (type !== 'DELETED') this.#enqueue(current.name);
      return;
    }
    if (type === 'DELETED' && this.#isTerminating(current.namespace)) this.#enqueue(current.namespace);
  }

  #enqueue(name: string): void {
    this.#queue.add(`namespace ${name}`, () => this.#reconcile(name));
  }

  #reconcile(name: string): void {
    const stored = this.#machine.storage.table('namespaces').get('', name);
    if (!stored) return;
    if (stored.object.metadata.deletionTimestamp === undefined) this.#fill(name);
    else if (this.#empty(name)) this.#finalize(stored.object as Namespace);
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

  /** Asks all content to go; true if there is none any more. */
  #empty(namespace: string): boolean {
    const { storage } = this.#machine;
    let isEmpty = true;
    for (const resource of storage.resources()) {
      for (const { name, object } of namespace === '' ? [] : storage.table(resource).list(namespace)) {
        if (object.metadata.deletionTimestamp === undefined)
          deletePlace(this.#machine, { resource, namespace, name }, 'Background');
      }
      if (storage.table(resource).list(namespace).length > 0) isEmpty = false;
    }
    return isEmpty;
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
