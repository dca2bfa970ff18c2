import { type Node, type Pod, type Service, keys, resources } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { type RemoteKubeClient, createKubeClient, isReady } from '@ebb/kube';
import { describe, expect, it } from 'vitest';
import { namespace, newName, openTestApi } from './api.ts';
import { type SimulatedPlatform, configure, startSimulatedPlatform } from './simulated-platform.ts';

interface Story extends AsyncDisposable {
  readonly client: RemoteKubeClient;
  readonly platform: SimulatedPlatform;
  /** Makes eci-profile, or changes it. */
  profile(data: Record<string, string>): Promise<void>;
}

const profileKey = { namespace: 'kube-system', name: 'eci-profile' };

/** Ebb with this eci-profile and simulated instances. */
async function begin(data: Record<string, string>): Promise<Story> {
  const api = await openTestApi({ admission: 'all' });
  const client = createKubeClient({ kubeconfig: api.kubeconfig });
  await configure(client, { 'config-autoscaler': { 'allow-zero-initial-scale': 'true' } });
  const profile = async (next: Record<string, string>): Promise<void> => {
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: profileKey, data: next };
    await client.patch(
      resources.configMaps,
      profileKey,
      { type: 'apply', body, force: true },
      { fieldManager: 'test' },
    );
  };
  await profile(data);
  const platform = await startSimulatedPlatform(api, {
    gateway: { name: 'gateway-0', public: { port: 0, strict: true }, private: { port: 0, strict: true } },
  });
  return {
    client,
    platform,
    profile,
    [Symbol.asyncDispose]: async () => {
      await platform[Symbol.asyncDispose]();
      await client.delete(resources.configMaps, profileKey);
      await client[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

const zoneOf = ({ metadata }: Node): string => metadata.labels?.['topology.kubernetes.io/zone'] ?? '';

async function nodes({ client }: Story): Promise<Map<string, Node>> {
  const { items } = await client.list(resources.nodes, { labelSelector: 'type=virtual-kubelet' });
  return new Map(items.map((node) => [zoneOf(node), node]));
}

const zonesAre = (story: Story, ...zones: string[]): Promise<Map<string, Node>> =>
  eventually(
    async () => {
      const found = await nodes(story);
      const areReady = [...found.values()].every(isReadyNow);
      return areReady && [...found.keys()].toSorted().join() === zones.join() ? found : undefined;
    },
    { what: `nodes in ${zones.join()}`, timeoutMs: 40_000 },
  );

async function serve({ client }: Story, scale: number, annotations: Record<string, string> = {}): Promise<string> {
  const name = newName('hello');
  const template: Service['spec']['template'] = {
    metadata: { annotations: { 'autoscaling.knative.dev/min-scale': String(scale), ...annotations } },
    spec: { containers: [{ name: 'user-container', image: 'dev.local/hello' }] },
  };
  await client.create(resources.services, { metadata: { namespace, name }, spec: { template } } as Service);
  await eventually(
    async () => {
      const service = await client.get(resources.services, { namespace, name });
      if (!isReady(service)) throw new Error(JSON.stringify(service.status));
      return true;
    },
    { what: `Service ${name} ready`, timeoutMs: 40_000 },
  );
  return name;
}

async function podsOf({ client }: Story, service: string): Promise<Pod[]> {
  const { items } = await client.list(resources.pods, { namespace, labelSelector: `${keys.service}=${service}` });
  return items.filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase !== 'Failed');
}

async function eventsOf({ client }: Story, object: { namespace: string; name: string }): Promise<string[]> {
  const fieldSelector = `involvedObject.name=${object.name}`;
  const { items } = await client.list(resources.events, { namespace: object.namespace, fieldSelector });
  return items.map(({ reason, message }) => `${reason}: ${message}`);
}

const count = <T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
};

describe('the zones of eci-profile', () => {
  it('each have a node, which come and go with the profile; a bad one changes nothing, and says so', async () => {
    await using story = await begin({ vSwitchIds: 'vsw-a' });
    await zonesAre(story, 'local-a');
    await story.profile({ vSwitchIds: 'vsw-a,vsw-b', enablePrivateZone: 'true' });
    const both = await zonesAre(story, 'local-a', 'local-b');
    expect(both.get('local-b')?.metadata.name).toBe('virtual-kubelet-local-b');
    const service = await serve(story, 4);
    expect(count(await podsOf(story, service), ({ spec }) => spec.nodeName ?? '')).toEqual({
      'virtual-kubelet-local': 2,
      'virtual-kubelet-local-b': 2,
    });
    const groups = await story.platform.panel.groups();
    expect(count(groups, ({ zone }) => zone)).toEqual({ 'local-a': 2, 'local-b': 2 });

    await story.profile({ vSwitchIds: 'vsw-a,vsw-x!' });
    await eventually(async () =>
      (await eventsOf(story, profileKey)).some((text) => /InvalidProfile: vSwitchIds: "vsw-x!".*last good/.test(text)),
    );
    await story.profile({ vSwitchIds: 'vsw-a,vsw-nowhere-z' });
    await eventually(async () =>
      (await eventsOf(story, profileKey)).some((text) => /InvalidProfile: .*vsw-nowhere-z/.test(text)),
    );
    expect([...(await nodes(story)).keys()].toSorted()).toEqual(['local-a', 'local-b']);
    const ignored = 'KeysIgnored: these keys mean nothing here: enablePrivateZone';
    await eventually(async () => (await eventsOf(story, profileKey)).includes(ignored), { what: ignored });

    // A zone that is no longer named takes no pods, and its node goes with the last it has.
    await story.profile({ vSwitchIds: 'vsw-a' });
    await eventually(async () => (await nodes(story)).get('local-b')?.spec?.unschedulable === true);
    expect(await podsOf(story, service)).toHaveLength(4);
    await story.client.delete(resources.services, { namespace, name: service });
    await zonesAre(story, 'local-a');
  });

  it('may run dry: pods that were to be there are had elsewhere within seconds, and it is tried again', async () => {
    await using story = await begin({ vSwitchIds: 'vsw-a,vsw-b' });
    await zonesAre(story, 'local-a', 'local-b');
    await story.platform.panel.addFault({ kind: 'no-stock', zone: 'local-a' });
    const service = await serve(story, 6);
    await eventually(async () => {
      const pods = (await podsOf(story, service)).filter(isReadyNow);
      return pods.length === 6 && pods.every(({ spec }) => spec.nodeName === 'virtual-kubelet-local-b');
    });
    const out = (await nodes(story)).get('local-a');
    expect(out?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'OutOfStock', status: 'True', message: expect.stringContaining('NoStock') }),
    );
    expect(out?.spec?.taints).toContainEqual(expect.objectContaining({ key: 'ebb.dev/out-of-stock' }));
    // It may show only after the group was made: that is cleared away, and the pod waits, since nobody would make it anew.
    await story.platform.panel.addFault({ kind: 'no-stock', zone: 'local-b', late: true });
    const name = newName('bare');
    await story.client.create(resources.pods, {
      metadata: { namespace, name },
      spec: { nodeName: 'virtual-kubelet-local-b', containers: [{ name: 'c', image: 'dev.local/hello' }] },
    } as Pod);
    await eventually(async () => {
      const { metadata, status } = await story.client.get(resources.pods, { namespace, name });
      const groups = await story.platform.panel.groups();
      const isWaiting = status?.conditions?.some(({ reason }) => reason === 'Unschedulable');
      return (
        isWaiting &&
        metadata.annotations?.['ebb.dev/eci-schedule-failed'] &&
        !groups.some(({ pod }) => pod.endsWith(name))
      );
    });
    // So may spot: the next of a pod's choices is asked for at once.
    await story.platform.panel.clearFaults();
    await story.platform.panel.addFault({ kind: 'no-stock', spot: true, late: true });
    const cheap = newName('cheap');
    const annotations = {
      'k8s.aliyun.com/eci-spot-strategy': 'SpotAsPriceGo',
      'k8s.aliyun.com/eci-spot-fallback': 'true',
    };
    await story.client.create(resources.pods, {
      metadata: { namespace, name: cheap, annotations },
      spec: { nodeName: 'virtual-kubelet-local-b', containers: [{ name: 'c', image: 'dev.local/hello' }] },
    } as Pod);
    await eventually(async () => isReadyNow(await story.client.get(resources.pods, { namespace, name: cheap })), {
      what: 'a pod to run on demand',
      timeoutMs: 20_000,
    });
    await eventually(async () =>
      (await eventsOf(story, { namespace, name: cheap })).some((text) => text.includes('SpotDegraded')),
    );
  });

  it('lets spot instances go before they are taken back, and has others in their place by then', async () => {
    await using story = await begin({
      vSwitchIds: 'vsw-a',
      selectors: JSON.stringify([
        { name: 'spot', effect: { annotations: { 'k8s.aliyun.com/eci-spot-strategy': 'SpotAsPriceGo' } } },
      ]),
    });
    const service = await serve(story, 1);
    const [pod] = await podsOf(story, service);
    const name = pod?.metadata.name ?? '';
    expect(pod?.metadata.annotations?.['k8s.aliyun.com/eci-spot-strategy']).toBe('SpotAsPriceGo');
    await story.platform.panel.befall(name, 'reclaim', { noticeMs: 60_000, force: true });
    await eventually(async () => {
      const pods = await podsOf(story, service);
      const other = pods.find(({ metadata }) => metadata.name !== name);
      return other && isReadyNow(other) ? other : undefined;
    });
    await eventually(
      async () => (await eventsOf(story, { namespace, name })).some((text) => text.includes('SpotToBeReleased')),
      { what: 'the event SpotToBeReleased' },
    );
    const known = await story.client.get(resources.pods, { namespace, name }).catch(() => undefined);
    if (!known) return;
    expect(known.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'ContainerInstanceExpired', status: 'True' }),
    );
  });

  it('say what is wrong with the credentials once, and ask no more than now and then', async () => {
    await using story = await begin({ vSwitchIds: 'vsw-a' });
    await zonesAre(story, 'local-a');
    const { panel } = story.platform;
    await panel.addFault({ kind: 'error', code: 'InvalidAccessKeyId.Inactive' });
    const condition = async (): Promise<string | undefined> => {
      const conditions = (await nodes(story)).get('local-a')?.status?.conditions;
      return conditions?.find(({ type }) => type === 'CloudReachable')?.reason;
    };
    await eventually(async () => (await condition()) === 'CredentialsRefused', { timeoutMs: 40_000 });
    await story.client.create(resources.pods, {
      metadata: { namespace, name: newName('bare') },
      spec: { nodeName: 'virtual-kubelet-local', containers: [{ name: 'c', image: 'dev.local/hello' }] },
    } as Pod);
    const [fault] = await panel.faults();
    expect(fault?.hits).toBeLessThanOrEqual(2);
  });
});

function isReadyNow({ status }: Pod | Node): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}
