import { type Pod, keys } from '@ebb/api';
import { textOf } from '@ebb/base/metrics';
import { expect, it } from 'vitest';
import { exposeScale } from '../src/exposition.ts';
import { Story, type StoryOptions, podAutoscalerOf } from './scaler-world.ts';

const labels = { [keys.service]: 'shop', [keys.configuration]: 'shop' };

/** What is told of a story's revision: value by name, each told with the labels of its revision. */
async function toldOf(
  story: Story,
  options: StoryOptions,
  pods: readonly Pod[] = [],
): Promise<ReadonlyMap<string, number>> {
  const { metadata, spec } = podAutoscalerOf(options);
  const podAutoscaler = { metadata: { ...metadata, labels }, spec };
  const text = await textOf((out) => exposeScale(podAutoscaler, story.scaler, pods, out));
  const samples = text.matchAll(/^(\w+)\{(.*)\} (\S+)$/gm);
  return new Map(
    Array.from(samples, ([, name = '', pairs = '', value]) => {
      const [namespace, revision] = name.startsWith('kn_')
        ? ['k8s_namespace_name', 'kn_revision_name']
        : ['namespace_name', 'revision_name'];
      expect(pairs).toContain(`${namespace}="default"`);
      expect(pairs).toContain(`${revision}="web"`);
      expect(pairs).toContain('service_name="shop"');
      return [name, Number(value)];
    }),
  );
}

const podIn = (
  phase: NonNullable<NonNullable<Pod['status']>['phase']>,
  { ready = false, leaving = false, draining = false } = {},
): Pod => ({
  metadata: {
    name: `${phase}-${ready}-${leaving}-${draining}`,
    ...(leaving ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    ...(draining ? { annotations: { [keys.draining]: '2026-01-01T00:00:00Z' } } : {}),
  },
  spec: { containers: [] },
  status: { phase, conditions: ready ? [{ type: 'Ready', status: 'True' }] : [] },
});

it('tells what the last decision saw and came to, by names of today and of before', async () => {
  const options = { annotations: { target: '10', 'max-scale': '8', 'target-burst-capacity': '20' } };
  const story = new Story(options);
  await story.pass(4, () => ({ averageConcurrency: 70 }));
  const told = await toldOf(story, options);
  expect(Object.fromEntries(told)).toMatchObject({
    kn_revision_pods_desired: 10,
    kn_revision_pods_requested: 8,
    kn_revision_concurrency_stable: 70,
    kn_revision_concurrency_panic: 70,
    kn_revision_concurrency_target: 7,
    kn_revision_panic_mode: 1,
    kn_revision_capacity_excess: 8 * 10 - 20 - 70,
  });
  for (const [today, before] of [
    ['pods_desired', 'desired_pods'],
    ['pods_requested', 'requested_pods'],
    ['concurrency_stable', 'stable_request_concurrency'],
    ['concurrency_panic', 'panic_request_concurrency'],
    ['concurrency_target', 'target_concurrency_per_pod'],
    ['panic_mode', 'panic_mode'],
    ['capacity_excess', 'excess_burst_capacity'],
  ])
    expect([before, told.get(`autoscaler_${before}`)]).toEqual([before, told.get(`kn_revision_${today}`)]);
});

it('tells of requests a second where those count, and of no averages before there are any', async () => {
  const options = { annotations: { metric: 'rps', target: '100' } };
  const story = new Story(options);
  expect((await toldOf(story, options)).has('kn_revision_rps_stable')).toBe(false);
  await story.pass(4, () => ({ requestCount: 40 }));
  const told = await toldOf(story, options);
  expect([told.get('kn_revision_rps_stable'), told.get('autoscaler_stable_requests_per_second')]).toEqual([40, 40]);
  expect(told.get('autoscaler_target_requests_per_second')).toBe(70);
  expect(told.has('kn_revision_concurrency_stable')).toBe(false);
});

it('counts pods by what they are at', async () => {
  const pods = [
    podIn('Running', { ready: true }),
    podIn('Running'),
    podIn('Pending'),
    podIn('Running', { ready: true, draining: true }),
    podIn('Pending', { leaving: true }),
    podIn('Failed'),
  ];
  const told = await toldOf(new Story(), {}, pods);
  expect(Object.fromEntries(told)).toMatchObject({
    kn_revision_pods_count: 1,
    kn_revision_pods_not_ready_count: 4,
    kn_revision_pods_pending_count: 1,
    kn_revision_pods_terminating_count: 2,
    autoscaler_actual_pods: 1,
    autoscaler_terminating_pods: 2,
  });
});
