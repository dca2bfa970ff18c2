import { messageOf } from '@ebb/base';
import type { Machine } from '../rest/call.ts';
import { CrdController } from './crd-controller.ts';
import { EndpointsController } from './endpoints-controller.ts';
import { expireEvents } from './event-expiry.ts';
import { GarbageCollector } from './garbage-collector.ts';
import { ensureObject } from './internal-write.ts';
import { NamespaceController } from './namespace-controller.ts';
import { QuotaController } from './quota-controller.ts';
import { TaskQueue } from './task-queue.ts';

/** Namespaces that are there from the start. */
const initialNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system', 'knative-serving'];

/**
 * Starts what works on the state by itself: CRDs in service, garbage collection, namespaces, quotas, Endpoints, ageing of events. Disposing
 * stops it.
 */
export function startControllers(machine: Machine, caCertificate: string): Disposable {
  const { storage, clock, logger } = machine;
  const queue = new TaskQueue(logger);
  const crds = new CrdController(machine, queue);
  const collector = new GarbageCollector(machine, queue);
  const namespaces = new NamespaceController(machine, queue, caCertificate);
  const quotas = new QuotaController(machine, queue);
  const endpoints = new EndpointsController(machine, queue);
  const subscription = storage.subscribe((event) => {
    try {
      for (const each of [crds, collector, namespaces, quotas, endpoints]) each.observe(event);
    } catch (error) {
      logger.error({ error: messageOf(error) }, 'a change could not be taken in');
    }
  });
  crds.start();
  for (const name of initialNamespaces) ensureObject(machine, 'namespaces', { metadata: { name } });
  namespaces.start();
  collector.start();
  endpoints.start();
  const expiry = expireEvents(storage, clock);
  return {
    [Symbol.dispose]: () => {
      for (const each of [subscription, expiry, queue]) each[Symbol.dispose]();
    },
  };
}
