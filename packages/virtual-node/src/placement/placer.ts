import { type KubernetesObject, type Pod, type Resource, isConflict, isNotFound, keyOf, resources } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import {
  type KubeClient,
  type ReconcileResult,
  createEventRecorder,
  createInformer,
  createReconciler,
  toTimestamp,
} from '@ebb/kube';
import { unschedulableStatus } from '../pods/refused-status.ts';
import { candidates, isToBePlaced } from './choose.ts';

export interface PlacerOptions {
  /** Of a server that has `pods/binding`. */
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Binds pods that name no node, where there is no kube-scheduler. */
export interface Placer {
  /** Works until aborted. To be called once. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  readonly synced: Promise<void>;
}

interface Binding extends KubernetesObject {
  readonly target: { readonly kind: 'Node'; readonly name: string };
}

const bindings: Resource<Binding> = { ...(resources.pods as Resource<KubernetesObject> as Resource<Binding>) };

/** Nodes come and go; each change is looked at at once, and everything again after so long. */
const againMs = 30_000;

/** Binds each pod that waits for a node to a virtual node it may be on, one after the other; or tells it why there is none. */
export function createPlacer({ client, clock, logger, random }: PlacerOptions): Placer {
  const tools = { clock, logger, random };
  const pods = createInformer(client, resources.pods, { ...tools, fieldSelector: 'spec.nodeName=' });
  const nodes = createInformer(client, resources.nodes, { ...tools, labelSelector: 'type=virtual-kubelet' });
  const events = createEventRecorder(client, { component: 'ebb-placement', clock, logger });
  let turn = 0;

  const reconcile = async (key: string): Promise<ReconcileResult | void> => {
    const [namespace, name = ''] = key.split('/');
    const pod = pods.get(namespace, name);
    if (!pod || !isToBePlaced(pod)) return undefined;
    const found = candidates(pod, nodes.list());
    if (typeof found === 'string') return refuse(pod, found);
    turn += 1;
    const node = found[turn % found.length]?.metadata.name ?? '';
    await bind(pod, node);
    return undefined;
  };

  const bind = async (pod: Pod, node: string): Promise<void> => {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    const binding: Binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: node },
    };
    try {
      await client.create(bindings, binding, { below: { name, subresource: 'binding' } });
      events.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${keyOf(pod)} to ${node}`);
    } catch (error) {
      // Somebody else was quicker, or it is gone.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  };

  const refuse = async (pod: Pod, message: string): Promise<ReconcileResult> => {
    const told = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (told?.message !== message) {
      const { namespace, name = '' } = pod.metadata;
      const status = unschedulableStatus(pod, message, toTimestamp(clock.now()));
      const patch = { type: 'merge', body: { status } } as const;
      await client.patch(resources.pods, { namespace, name }, patch, { subresource: 'status' });
      events.event(pod, 'Warning', 'FailedScheduling', message);
    }
    return { requeueAfterMs: againMs };
  };

  const queue = createReconciler({ name: 'placement', reconcile, ...tools });
  return {
    synced: Promise.all([pods.synced, nodes.synced]).then(() => {}),
    run: async (context) => {
      const subscriptions = [
        pods.events.subscribe(({ object }) => queue.enqueue(keyOf(object))),
        nodes.events.subscribe(() => {
          for (const pod of pods.list()) queue.enqueue(keyOf(pod));
        }),
      ];
      const work = nodes.synced.then(() => queue.run(context));
      try {
        await Promise.all([pods.run(context), nodes.run(context), work]);
      } finally {
        for (const each of subscriptions) each.unsubscribe();
      }
    },
  };
}
