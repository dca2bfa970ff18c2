import { setMaxListeners } from 'node:events';
import { type Condition, type Ingress, type PodAutoscaler, isNotFound, keyOf, resources } from '@ebb/api';
import { silentLogger, systemClock as clock } from '@ebb/base';
import { type KubeClient, conditionOf, createInformer, createReconciler } from '@ebb/kube';

const loadBalancers = {
  publicLoadBalancer: { ingress: [{ domainInternal: 'ebb-gateway.knative-serving.svc.cluster.local' }] },
  privateLoadBalancer: { ingress: [{ domainInternal: 'ebb-gateway-internal.knative-serving.svc.cluster.local' }] },
};

/**
 * Autoscaler, virtual node and gateway in one, all at their best: every PodAutoscaler has its instance, every Ingress is
 * served, as soon as they are seen. Runs until aborted.
 */
export async function simulateDataPlane(
  client: KubeClient,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  // A listener for each call under way: many, but no leak.
  setMaxListeners(0, signal);
  const tools = { clock, logger: silentLogger };
  const podAutoscalers = createInformer(client, resources.podAutoscalers, tools);
  const ingresses = createInformer(client, resources.ingresses, tools);
  const scaling = createReconciler({
    name: 'scaling',
    ...tools,
    reconcile: async (key) => {
      const found = podAutoscalers.get(...split(key));
      if (found && !isServed(found)) await ignoreGone(client.updateStatus(resources.podAutoscalers, scaled(found)));
    },
  });
  const serving = createReconciler({
    name: 'serving',
    ...tools,
    reconcile: async (key) => {
      const found = ingresses.get(...split(key));
      if (found && !isServed(found)) await ignoreGone(client.updateStatus(resources.ingresses, served(found)));
    },
  });
  podAutoscalers.events.subscribe(({ object }) => scaling.enqueue(keyOf(object)));
  ingresses.events.subscribe(({ object }) => serving.enqueue(keyOf(object)));
  await Promise.all([podAutoscalers, ingresses, scaling, serving].map((part) => part.run({ signal })));
}

function split(key: string): [namespace: string, name: string] {
  const [namespace = '', name = ''] = key.split('/');
  return [namespace, name];
}

function isServed({ metadata, status }: Ingress | PodAutoscaler): boolean {
  return status?.observedGeneration === metadata.generation && conditionOf(status, 'Ready')?.status === 'True';
}

function scaled(found: PodAutoscaler): PodAutoscaler {
  const conditions = allTrue('Active', 'Ready', 'SKSReady', 'ScaleTargetInitialized');
  const { name = '', generation = 0 } = found.metadata;
  const status = { observedGeneration: generation, serviceName: name, desiredScale: 1, actualScale: 1, conditions };
  return { ...found, status };
}

function served(found: Ingress): Ingress {
  const conditions = allTrue('LoadBalancerReady', 'NetworkConfigured', 'Ready');
  return { ...found, status: { observedGeneration: found.metadata.generation ?? 0, ...loadBalancers, conditions } };
}

function allTrue(...types: string[]): Condition[] {
  const lastTransitionTime = new Date(clock.now()).toISOString();
  return types.map((type) => ({ type, status: 'True', lastTransitionTime }));
}

async function ignoreGone(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
