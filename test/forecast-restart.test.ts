import { type Pod, resources } from '@ebb/api';
import { type Autoscaler, createAutoscaler } from '@ebb/autoscaler';
import { silentLogger } from '@ebb/base';
import { FakeClock, eventually } from '@ebb/base/testing';
import { type KubeClient, createKubeClient } from '@ebb/kube';
import { expect, it } from 'vitest';
import { namespace, openTestApi } from './api.ts';

const name = 'shop-00001';
const noonMs = Date.UTC(2026, 0, 15, 12);
const dayMs = 86_400_000;

/** An autoscaler of its own time, until disposed. */
interface Term extends AsyncDisposable {
  readonly autoscaler: Autoscaler;
  /** Lets seconds pass, in each of which so many requests are at the gateway. */
  pass(seconds: number, load: number): Promise<void>;
}

async function begin(client: KubeClient, startMs: number): Promise<Term> {
  const clock = new FakeClock(startMs);
  const stop = new AbortController();
  const autoscaler = createAutoscaler({ client, clock, logger: silentLogger, random: Math.random });
  const running = autoscaler.run({ signal: stop.signal });
  await autoscaler.synced;
  return {
    autoscaler,
    pass: async (seconds, load) => {
      for (let second = 0; second < seconds; second++) {
        await clock.advance(1000);
        const stat = { namespace, name, averageConcurrency: load, requestCount: load, waiting: 0, pods: {} };
        autoscaler.record({ gateway: 'gateway-0', atMs: clock.now(), revisions: [stat], drained: [] });
      }
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

it('the forecast outlives the autoscaler that learnt it', async () => {
  await using api = await openTestApi();
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  const pods = async (): Promise<readonly Pod[]> => (await client.list(resources.pods, { namespace })).items;
  await prepare(client);
  await using first = await begin(client, noonMs);
  await first.pass(60, 35);
  await first.pass(570, 0);
  const kept = { namespace, name: 'shop-load-history' };
  // Written only when ten minutes are over, and what was written is all there is of it.
  const isKept = async (): Promise<boolean> => {
    await first.pass(15, 0);
    const { binaryData = {} } = await client.get(resources.configMaps, kept);
    return Buffer.from(binaryData['peaks'] ?? '', 'base64').length < 100;
  };
  await eventually(isKept, { what: 'the history, kept', timeoutMs: 40_000 });
  await first[Symbol.asyncDispose]();
  const { metadata } = await client.get(resources.configMaps, kept);
  expect(metadata.labels).toMatchObject({ 'serving.knative.dev/configuration': 'shop' });
  for (const pod of await pods()) {
    await client.delete(resources.pods, { namespace, name: pod.metadata.name ?? '' }, { gracePeriodSeconds: 0 });
  }

  await using second = await begin(client, noonMs + dayMs - 120_000);
  const isBack = async (): Promise<boolean> => {
    await second.pass(15, 0);
    return (
      (await pods()).length >= 5 ||
      Promise.reject(new Error(JSON.stringify(second.autoscaler.why({ namespace, name }), null, 1)))
    );
  };
  await eventually(isBack, { what: 'the pods of the day before', timeoutMs: 60_000 });
});

async function prepare(client: KubeClient): Promise<void> {
  const node = { name: 'virtual-kubelet-a' };
  await client.create(resources.nodes, { metadata: { ...node, labels: { type: 'virtual-kubelet' } } });
  const body = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  await client.patch(resources.nodes, node, { type: 'merge', body }, { subresource: 'status' });
  const labels = { 'serving.knative.dev/configuration': 'shop' };
  await client.create(resources.revisions, {
    metadata: { name, namespace, labels },
    spec: { containers: [{ name: 'user-container', image: 'dev.local/app' }], timeoutSeconds: 300 },
  });
  const annotations = {
    'autoscaling.knative.dev/target': '10',
    'autoscaling.knative.dev/window': '6s',
    'ebb.dev/predictive': 'auto',
    'ebb.dev/predictive-lead-time': '180s',
  };
  await client.create(resources.podAutoscalers, {
    metadata: { name, namespace, labels, annotations },
    spec: {
      scaleTargetRef: { apiVersion: 'serving.knative.dev/v1', kind: 'Revision', name },
      protocolType: 'http1',
      reachability: 'Reachable',
    },
  });
}
