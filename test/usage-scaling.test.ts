import { type PodAutoscaler, keys, resources } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';
import { type Clock, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { createSimulatedRuntime } from '@ebb/local-eci';
import { expect, it } from 'vitest';
import { namespace, nodesAreAsked, onCluster } from './api.ts';
import { type MetricsApi, startMetricsApi } from './cluster/metrics-api.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';

/** Simulated instances are busy for a tenth of their processor. */
const manifest = `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: worker }
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/class: hpa.autoscaling.knative.dev
        autoscaling.knative.dev/target: "5"
        autoscaling.knative.dev/max-scale: "3"
    spec:
      containers: [{ name: app, image: registry.example/app, resources: { requests: { cpu: "1", memory: 2Gi } } }]
`;

/** Readings come each fifteen seconds; here a second is ten of them. */
const quick: Clock = {
  ...systemClock,
  every: (ms, task) => systemClock.every(ms === 15_000 ? 1500 : ms, task),
};

const timing = { schedulingMs: 5, pendingMs: 20, terminatingMs: 5 };
const startWorld = (): Promise<TestPlatform> => {
  const runtime = createSimulatedRuntime({ clock: systemClock, random: Math.random, timing, serve: true });
  return startTestPlatform([], { runtime, clock: quick });
};

const key = { namespace, name: 'worker-00001' };
const whyOf = ({ status }: PodAutoscaler): string => status?.annotations?.[keys.why] ?? '';

it.skipIf(!nodesAreAsked)('class hpa follows the processor time that nodes tell of', async () => {
  await using world = await startWorld();
  await world.apply(manifest);
  await world.ready('worker');
  await eventually(async () => (await world.pods('worker')).length === 3, { what: 'three pods', timeoutMs: 60_000 });
  const { client } = world.platform;
  const podAutoscaler = await client.get(resources.podAutoscalers, key);
  expect(whyOf(podAutoscaler)).toMatch(/0\.1 cores of 1 requested \(5 % aimed at\) each/);
  // What it measured itself it tells whoever looks at the scale.
  const told = async (): Promise<boolean> =>
    (await client.get(resources.podAutoscalers, key)).spec.replicas === 3 || Promise.reject(new Error('not told'));
  await eventually(told, { what: 'the scale to say so' });
});

it('class hpa goes by its HorizontalPodAutoscaler, where that has figures', { timeout: 240_000 }, async () => {
  await using world = await startWorld();
  const { client } = world.platform;
  await using decider = await startDecider(client);
  const half = manifest.replace('target: "5"', 'target: "50"\n        autoscaling.knative.dev/window: 6s');
  await world.apply(half);
  await world.ready('worker');
  const { spec } = await client.get(resources.horizontalPodAutoscalers, key);
  expect(spec).toMatchObject({
    scaleTargetRef: { kind: 'PodAutoscaler', name: key.name },
    minReplicas: 1,
    maxReplicas: 3,
    metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 50 } } }],
    behavior: { scaleDown: { stabilizationWindowSeconds: 6 } },
  });
  for (const [cores, pods] of [
    [0.9, 3],
    [0.1, 1],
  ] as const) {
    const isSo = async (): Promise<boolean> => {
      await decider.decide(cores, pods);
      const [there, podAutoscaler] = [await world.pods('worker'), await client.get(resources.podAutoscalers, key)];
      const why = whyOf(podAutoscaler);
      if (there.length === pods && why.toLowerCase().includes(`the scale subresource says ${pods}`)) return true;
      const { status } = await client.get(resources.horizontalPodAutoscalers, key);
      throw new Error(`${there.length} pods; ${why}; ${JSON.stringify(status)}`);
    };
    await eventually(isSo, { what: `${pods} pods`, timeoutMs: 50_000 });
  }
});

interface Decider extends AsyncDisposable {
  /** Has Kubernetes see pods that use so many cores each; that many pods are wanted then. */
  decide(cores: number, pods: number): Promise<void>;
}

/** On a real cluster its own controller decides, by figures of this test; elsewhere the test does as it would. */
async function startDecider(client: KubeClient): Promise<Decider> {
  if (onCluster) {
    const api: MetricsApi = await startMetricsApi(client, namespace);
    return {
      decide: async (cores) => void (api.cores = cores),
      [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
    };
  }
  const condition = { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' };
  const active = { type: 'merge', body: { status: { conditions: [condition] } } } as const;
  return {
    decide: async (_cores, replicas) => {
      await client.patch(resources.horizontalPodAutoscalers, key, active, { subresource: 'status' });
      const scale = { type: 'merge', body: { spec: { replicas } } } as const;
      await client.patch(resources.podAutoscalers, key, scale, { subresource: 'scale' });
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
