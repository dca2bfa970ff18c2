import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '@ebb/api';
import type { Machine } from '../rest/call.ts';
import { quotaStatus } from '../rest/quota.ts';
import type { StorageEvent } from '../store/storage-event.ts';
import type { TaskQueue } from './task-queue.ts';

const quotas = 'resourcequotas';

/** Keeps the status of ResourceQuotas true: what is in use of them. */
export class QuotaController {
  readonly #machine: Machine;
  readonly #queue: TaskQueue;

  constructor(machine: Machine, queue: TaskQueue) {
    this.#machine = machine;
    this.#queue = queue;
  }

  observe({ current }: StorageEvent): void {
    const { namespace } = current;
    if (namespace === '' || this.#machine.storage.table(quotas).size === 0) return;
    this.#queue.add(`quotas of ${namespace}`, () => this.#count(namespace));
  }

  #count(namespace: string): void {
    const { storage } = this.#machine;
    for (const quota of storage.table(quotas).list(namespace)) {
      const status = quotaStatus(this.#machine, quota);
      if (isDeepStrictEqual((quota.object as { status?: unknown }).status, status)) continue;
      storage.put(quotas, { ...quota.object, status } as KubernetesObject);
    }
  }
}
