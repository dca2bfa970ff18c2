import { join } from 'node:path';
import { type KubernetesObject, type Pod, type Resource, resources } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { namespace, newName, onCluster } from './api.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';

const examples = join(import.meta.dirname, '..', 'examples');

type Workload = KubernetesObject & { readonly spec: object; readonly status?: Readonly<Record<string, number>> };

const resourceOf = (group: string, plural: string, kind: string): Resource<Workload> => ({
  group,
  version: 'v1',
  plural,
  kind,
  namespaced: true,
});

const deployments = resourceOf('apps', 'deployments', 'Deployment');
const statefulSets = resourceOf('apps', 'statefulsets', 'StatefulSet');
const jobs = resourceOf('batch', 'jobs', 'Job');

/** Pods of this app, on the virtual node: no scheduler runs beside this cluster. */
const templateOf = (name: string, image: string, spec: object = {}): object => ({
  metadata: { labels: { app: name } },
  spec: {
    nodeName: 'virtual-kubelet-local',
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image, ports: [{ containerPort: 8080 }] }],
    ...spec,
  },
});

async function podsOf({ platform }: TestPlatform, app: string): Promise<Pod[]> {
  return (await platform.client.list(resources.pods, { namespace, labelSelector: `app=${app}` })).items;
}

async function statusOf(
  { platform }: TestPlatform,
  resource: Resource<Workload>,
  name: string,
): Promise<Record<string, number>> {
  return { ...(await platform.client.get(resource, { namespace, name })).status };
}

/** The embedded API has no Deployments, StatefulSets and Jobs (docs/serverless-node.md); a cluster's own controllers make their pods. */
describe.skipIf(!onCluster)("a cluster's own workloads", () => {
  it('run on the virtual node: a Deployment, which is scaled and heals', { timeout: 240_000 }, async () => {
    await using ebb = await startTestPlatform([examples]);
    const { client } = ebb.platform;
    const name = newName('web');
    const spec = {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: templateOf(name, 'dev.local/hello'),
    };
    await client.create(deployments, { metadata: { namespace, name }, spec });
    const available = (count: number): Promise<boolean> =>
      eventually(async () => (await statusOf(ebb, deployments, name))['availableReplicas'] === count, {
        what: `${count} replicas`,
        timeoutMs: 40_000,
      });
    await available(2);
    const scale = { type: 'merge', body: { spec: { replicas: 3 } } } as const;
    await client.patch(deployments, { namespace, name }, scale, { subresource: 'scale' });
    await available(3);
    const [pod] = await podsOf(ebb, name);
    await client.delete(resources.pods, { namespace, name: pod?.metadata.name ?? '' });
    await eventually(async () => !(await podsOf(ebb, name)).some(({ metadata }) => metadata.uid === pod?.metadata.uid));
    await available(3);
    await client.delete(deployments, { namespace, name });
    expect(pod?.spec.nodeName).toBe('virtual-kubelet-local');
  });

  it('run on the virtual node: a StatefulSet, one pod after the other', { timeout: 240_000 }, async () => {
    await using ebb = await startTestPlatform([examples]);
    const { client } = ebb.platform;
    const name = newName('db');
    const selector = { matchLabels: { app: name } };
    const spec = { replicas: 2, serviceName: name, selector, template: templateOf(name, 'dev.local/hello') };
    await client.create(statefulSets, { metadata: { namespace, name }, spec });
    await eventually(async () => (await statusOf(ebb, statefulSets, name))['readyReplicas'] === 2, {
      timeoutMs: 60_000,
    });
    const names = (await podsOf(ebb, name)).map(({ metadata }) => metadata.name);
    expect(new Set(names)).toEqual(new Set([`${name}-0`, `${name}-1`]));
    await client.delete(statefulSets, { namespace, name });
  });

  it('run on the virtual node: a Job, to its end', { timeout: 240_000 }, async () => {
    await using ebb = await startTestPlatform([examples]);
    const { client } = ebb.platform;
    const name = newName('report');
    const template = templateOf(name, 'dev.local/report', { restartPolicy: 'OnFailure' });
    await client.create(jobs, { metadata: { namespace, name }, spec: { completions: 2, parallelism: 2, template } });
    await eventually(async () => (await statusOf(ebb, jobs, name))['succeeded'] === 2, { timeoutMs: 60_000 });
    expect((await podsOf(ebb, name)).map(({ status }) => status?.phase)).toEqual(['Succeeded', 'Succeeded']);
    await client.delete(jobs, { namespace, name }, { propagationPolicy: 'Background' });
  });
});
