import { keys, resources } from '@ebb/api';
import { type Clock, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { createSimulatedRuntime } from '@ebb/local-eci';
import { expect, it } from 'vitest';
import { namespace, onCluster } from './api.ts';
import { startTestPlatform } from './platform.ts';

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

// A real API server passes nothing on to nodes at loopback addresses, where those of a test are.
it.skipIf(onCluster)('class hpa follows the processor time that nodes tell of', { timeout: 60_000 }, async () => {
  const timing = { schedulingMs: 5, pendingMs: 20, terminatingMs: 5 };
  const runtime = createSimulatedRuntime({ clock: systemClock, random: Math.random, timing, serve: true });
  await using world = await startTestPlatform([], { runtime, clock: quick });
  await world.apply(manifest);
  await world.ready('worker');
  await eventually(async () => (await world.pods('worker')).length === 3, { what: 'three pods', timeoutMs: 30_000 });
  const { client } = world.platform;
  const { status } = await client.get(resources.podAutoscalers, { namespace, name: 'worker-00001' });
  expect(status?.annotations?.[keys.why]).toMatch(/0\.1 cores of 1 requested \(5 % aimed at\) each/);
});
