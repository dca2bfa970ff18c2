import type { CustomResourceDefinition } from '@ebb/api';
import type { Machine } from '../rest/call.ts';
import { crdFinalizer } from '../rest/crd-status.ts';
import { resourcesOfCrd } from '../schema/crd.ts';
import type { StorageEvent } from '../store/storage-event.ts';
import { deletePlace, removeFinalizer } from './internal-write.ts';
import type { TaskQueue } from './task-queue.ts';

/** The resource of CRDs. */
export const crdResource = 'customresourcedefinitions.apiextensions.k8s.io';

/** Serves what the stored CRDs define, and deletes the objects of a CRD that goes. */
export class CrdController {
  readonly #machine: Machine;
  readonly #queue: TaskQueue;

  constructor(machine: Machine, queue: TaskQueue) {
    this.#machine = machine;
    this.#queue = queue;
  }

  /** Takes all stored CRDs into service. */
  start(): void {
    for (const { object } of this.#machine.storage.table(crdResource).list())
      this.#serve(object as CustomResourceDefinition);
  }

  /** Takes note of a committed change. */
  observe({ type, resource, current }: StorageEvent): void {
    if (resource !== crdResource) {
      if (type === 'DELETED' && this.#crd(resource)?.metadata.deletionTimestamp !== undefined) this.#enqueue(resource);
    } else if (type === 'DELETED') this.#withdraw(current.name);
    else this.#serve(current.object as CustomResourceDefinition);
  }

  #serve(crd: CustomResourceDefinition): void {
    this.#machine.registry.setCrd(crd, resourcesOfCrd(crd));
    if (crd.metadata.deletionTimestamp !== undefined) this.#enqueue(crd.metadata.name ?? '');
  }

  #withdraw(name: string): void {
    this.#machine.registry.removeCrd(name);
    this.#machine.storage.watch(name).end();
  }

  /** A CRD has the name of its resource. */
  #crd(name: string): CustomResourceDefinition | undefined {
    return this.#machine.storage.table(crdResource).get('', name)?.object as CustomResourceDefinition | undefined;
  }

  #enqueue(name: string): void {
    this.#queue.add(`crd ${name}`, () => this.#clean(name));
  }

  #clean(name: string): void {
    const table = this.#machine.storage.table(name);
    for (const stored of table.list())
      if (stored.object.metadata.deletionTimestamp === undefined)
        deletePlace(this.#machine, { resource: name, namespace: stored.namespace, name: stored.name }, 'Background');
    if (table.size === 0) removeFinalizer(this.#machine, { resource: crdResource, namespace: '', name }, crdFinalizer);
  }
}
