import {
  type ConfigMap,
  type KubernetesObject,
  type Pod,
  type PodAutoscaler,
  type Resource,
  type Revision,
  type RevisionStat,
  keys,
  resources,
  systemNamespace,
} from '@ebb/api';
import { type Autoscaler, createAutoscaler } from '@ebb/autoscaler';
import { silentLogger } from '@ebb/base';
import { FakeClock, eventually } from '@ebb/base/testing';
import { type KubeClient, conditionOf, createKubeClient } from '@ebb/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestApi, namespace, openTestApi } from './api.ts';

/** An autoscaler on a Kubernetes API, under a clock that only the test moves. The test is gateway and virtual node. */
class World implements AsyncDisposable {
  readonly clock = new FakeClock(1_700_000_000_000);
  readonly client: KubeClient;
  readonly #api: TestApi;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly autoscaler: Autoscaler;
  #drained: readonly string[] = [];

  constructor(api: TestApi) {
    this.#api = api;
    this.client = createKubeClient({ kubeconfig: api.kubeconfig });
    const { client, clock } = this;
    this.autoscaler = createAutoscaler({ client, clock, logger: silentLogger, random: Math.random });
    this.#running = this.autoscaler.run({ signal: this.#stop.signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.client[Symbol.asyncDispose]();
    await this.#api[Symbol.asyncDispose]();
  }

  async createNode(name: string, ready = true): Promise<void> {
    await this.client.create(resources.nodes, { metadata: { name, labels: { type: 'virtual-kubelet' } } });
    const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False' }];
    const body = { status: { conditions } };
    await this.client.patch(resources.nodes, { name }, { type: 'merge', body }, { subresource: 'status' });
  }

  /** A Revision and its PodAutoscaler, as the controller makes them. */
  async createRevision(name: string, annotations: Record<string, string> = {}): Promise<void> {
    const revision: Revision = {
      metadata: { name, namespace },
      spec: { containers: [{ name: 'user-container', image: 'dev.local/app' }], timeoutSeconds: 300 },
    };
    await this.client.create(resources.revisions, revision);
    const prefixed = Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]);
    const podAutoscaler: PodAutoscaler = {
      metadata: { name, namespace, annotations: Object.fromEntries(prefixed) as Record<string, string> },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: `${name}-deployment` },
        protocolType: 'http1',
        reachability: 'Reachable',
      },
    };
    await this.client.create(resources.podAutoscalers, podAutoscaler);
  }

  async podAutoscaler(name: string): Promise<PodAutoscaler> {
    return this.client.get(resources.podAutoscalers, { namespace, name });
  }

  async active(name: string): Promise<string> {
    const condition = conditionOf((await this.podAutoscaler(name)).status, 'Active');
    return `${condition?.status} ${condition?.reason ?? ''}`.trim();
  }

  async pods(): Promise<readonly Pod[]> {
    const { items } = await this.client.list(resources.pods, { namespace });
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Waits until there are so many pods, none being deleted. */
  async podCount(count: number): Promise<readonly Pod[]> {
    return eventually(
      async () => {
        const pods = await this.pods();
        return pods.length === count ? pods : false;
      },
      { what: `${count} pods` },
    );
  }

  /** Reports all pods as running and ready. */
  async makeReady(): Promise<void> {
    for (const pod of await this.pods()) await this.setPhase(pod, 'Running');
  }

  async setPhase(pod: Pod, phase: 'Running' | 'Failed'): Promise<void> {
    const conditions = [{ type: 'Ready', status: phase === 'Running' ? ('True' as const) : ('False' as const) }];
    const status = { ...pod.status, phase, podIP: '127.0.0.1', conditions };
    await this.client.updateStatus(resources.pods, { ...pod, status });
  }

  /** Ends the deletion of pods that are being deleted, as a virtual node does. */
  async buryDeleted(): Promise<void> {
    const { items } = await this.client.list(resources.pods, { namespace });
    for (const { metadata } of items.filter((pod) => pod.metadata.deletionTimestamp !== undefined)) {
      await this.client.delete(resources.pods, { namespace, name: metadata.name! }, { gracePeriodSeconds: 0 });
    }
  }

  /** One gateway's report. */
  report(...revisions: (Partial<RevisionStat> & { readonly name: string })[]): void {
    this.autoscaler.record({
      gateway: 'gateway-0',
      atMs: this.clock.now(),
      revisions: revisions.map((stat) => ({
        namespace,
        averageConcurrency: 0,
        requestCount: 0,
        waiting: 0,
        pods: {},
        ...stat,
      })),
      drained: this.#drained,
    });
  }

  /** Says in later reports that nothing is sent to these pods any more. */
  sayDrained(...names: string[]): void {
    this.#drained = names.map((name) => `${namespace}/${name}`);
  }

  /** Lets time pass, with a report each second. */
  async pass(seconds: number, ...revisions: Parameters<World['report']>): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.clock.advance(1000);
      this.report(...revisions);
    }
  }

  /** Waits until a status has been written that `holds`. */
  async status(name: string, holds: (status: NonNullable<PodAutoscaler['status']>) => boolean): Promise<void> {
    await eventually(async () => {
      const { status } = await this.podAutoscaler(name);
      if (status && holds(status)) return true;
      throw new Error(JSON.stringify(status));
    });
  }

  async create<T extends KubernetesObject>(resource: Resource<T>, object: T): Promise<void> {
    await this.client.create(resource, object);
  }
}

describe('the autoscaler', () => {
  let world: World;
  beforeEach(async () => {
    world = new World(await openTestApi());
    await world.autoscaler.synced;
  });
  afterEach(async () => world[Symbol.asyncDispose]());

  it('makes the initial pod of a new revision, bound to a node, and says so', async () => {
    await world.createNode('node-a');
    await world.createRevision('web');
    const [pod] = await world.podCount(1);
    expect(pod?.metadata.name).toMatch(/^web-deployment-[a-z0-9]{5}$/);
    expect(pod?.metadata.labels).toMatchObject({ [keys.revision]: 'web' });
    expect(pod?.metadata.ownerReferences).toMatchObject([{ kind: 'Revision', name: 'web', controller: true }]);
    expect(pod?.spec.nodeName).toBe('node-a');
    await world.status('web', (status) => conditionOf(status, 'Active')?.reason === 'Queued');
    await world.makeReady();
    await world.status('web', (status) => conditionOf(status, 'Ready')?.status === 'True');
    expect((await world.podAutoscaler('web')).status).toMatchObject({
      serviceName: 'web',
      metricsServiceName: 'web-private',
      actualScale: 1,
    });
  });

  it('goes to zero without load, and back at once when a request waits', async () => {
    await world.createNode('node-a');
    await world.createRevision('web', { window: '6s' });
    await world.podCount(1);
    await world.makeReady();
    await world.status('web', (status) => status.actualScale === 1);
    await world.pass(10);
    const [pod] = await eventually(async () => {
      const pods = await world.pods();
      return pods[0]?.metadata.annotations?.[keys.draining] === undefined ? false : pods;
    });
    world.sayDrained(pod!.metadata.name!);
    await world.pass(1);
    await world.podCount(0);
    await world.buryDeleted();
    await world.status('web', (status) => conditionOf(status, 'Active')?.reason === 'NoTraffic');
    expect(conditionOf((await world.podAutoscaler('web')).status, 'Ready')?.status).toBe('False');

    world.report({ name: 'web', averageConcurrency: 1, requestCount: 1, waiting: 1 });
    await world.podCount(1);
    await world.status('web', (status) => conditionOf(status, 'Active')?.reason === 'Queued');
  });

  it('makes as many pods as the waiting requests need by its target, once', async () => {
    await world.createNode('node-a');
    await world.createRevision('web', { target: '10' });
    await world.podCount(1);
    const waiting = { name: 'web', averageConcurrency: 20, requestCount: 50, waiting: 50 };
    world.report(waiting);
    world.report(waiting);
    await world.podCount(8);
    await world.pass(2, { name: 'web', averageConcurrency: 50, waiting: 50 });
    expect(await world.pods()).toHaveLength(8);
  });

  it('spreads the pods of a revision over the nodes that take some', async () => {
    await world.createNode('node-a');
    await world.createNode('node-b');
    await world.createNode('node-c', false);
    await world.createRevision('web', { 'min-scale': '6' });
    const pods = await world.podCount(6);
    const on = (name: string): number => pods.filter(({ spec }) => spec.nodeName === name).length;
    expect([on('node-a'), on('node-b'), on('node-c')]).toEqual([3, 3, 0]);
  });

  it('says that no node takes pods, and makes them when one does', async () => {
    await world.createRevision('web');
    await world.status('web', (status) => conditionOf(status, 'Active')?.reason === 'Unschedulable');
    await world.createNode('node-a');
    expect(await world.podCount(1)).toHaveLength(1);
  });

  it('drains the idlest pods on the way down, and waits for their last request', async () => {
    await world.createNode('node-a');
    await world.createRevision('web', { 'min-scale': '3' });
    const pods = await world.podCount(3);
    await world.makeReady();
    await world.status('web', (status) => status.actualScale === 3);
    const [busy, busier, idle] = pods.map(({ metadata }) => metadata.name!);
    const load = { name: 'web', averageConcurrency: 3, pods: { [busy!]: 1, [busier!]: 2 } };
    // Past the stable window for which an autoscaler that has just met its gateway lets nothing go.
    await world.pass(64, load);
    const path = { namespace, name: 'web' };
    const body = { metadata: { annotations: { 'autoscaling.knative.dev/min-scale': '1' } } };
    await world.client.patch(resources.podAutoscalers, path, { type: 'merge', body });
    const draining = async (): Promise<readonly string[]> =>
      (await world.pods()).flatMap(({ metadata }) =>
        metadata.annotations?.[keys.draining] === undefined ? [] : [metadata.name!],
      );
    await eventually(async () => (await draining()).length === 2);
    expect(new Set(await draining())).toEqual(new Set([idle, busy]));
    await world.pass(4, load);
    expect(await world.pods()).toHaveLength(3);
    world.sayDrained(idle!);
    await world.pass(1, load);
    await world.podCount(2);
    world.sayDrained(idle!, busy!);
    await world.pass(1, load);
    const [left] = await world.podCount(1);
    expect(left?.metadata.name).toBe(busier);
  });

  it('holds the scale while no gateway reports', async () => {
    await world.createNode('node-a');
    await world.createRevision('web', { window: '6s' });
    await world.podCount(1);
    await world.makeReady();
    await world.status('web', (status) => status.actualScale === 1);
    await world.clock.advance(60_000);
    expect(await world.active('web')).toBe('True');
    expect((await world.pods())[0]?.metadata.annotations?.[keys.draining]).toBeUndefined();
  });

  it('replaces failed pods, but ever more slowly', async () => {
    await world.createNode('node-a');
    await world.createRevision('web');
    const seen = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const [pod] = await eventually(async () => {
        await world.clock.advance(2000);
        await world.buryDeleted();
        const fresh = (await world.pods()).filter(({ metadata, status }) => {
          return status?.phase !== 'Failed' && !seen.has(metadata.name!);
        });
        return fresh.length === 1 ? fresh : false;
      });
      seen.add(pod!.metadata.name!);
      await world.setPhase(pod!, 'Failed');
      await eventually(async () => (await world.pods()).some(({ status }) => status?.phase === 'Failed'));
    }
    // After four failures it waits for more than five seconds.
    await world.clock.advance(4000);
    const alive = (await world.pods()).filter(({ status }) => status?.phase !== 'Failed');
    expect(alive).toHaveLength(0);
  });

  it('keeps the last good configuration', async () => {
    await world.createNode('node-a');
    const metadata = { name: 'config-autoscaler', namespace: systemNamespace };
    const configMap: ConfigMap = { metadata, data: { 'min-scale': '2' } };
    await world.create(resources.configMaps, configMap);
    await world.createRevision('web');
    await world.podCount(2);
    const patch = { type: 'merge', body: { data: { 'min-scale': '5', 'stable-window': '1s' } } } as const;
    await world.client.patch(resources.configMaps, metadata, patch);
    await world.createRevision('api');
    expect(await world.podCount(4)).toHaveLength(4);
  });

  it('leaves other classes alone, and says so', async () => {
    await world.createNode('node-a');
    await world.createRevision('foreign', { class: 'custom.example.com' });
    await world.createRevision('web');
    const [pod] = await world.podCount(1);
    expect(pod?.metadata.labels?.[keys.revision]).toBe('web');
    expect((await world.podAutoscaler('foreign')).status?.conditions).toBeUndefined();
    const isTold = async (): Promise<boolean> => {
      const { items } = await world.client.list(resources.events, { namespace });
      const told = items.find(({ reason }) => reason === 'UnknownClass');
      return told?.involvedObject.name === 'foreign' && told.message?.includes('"custom.example.com"') === true;
    };
    await eventually(isTold, { what: 'an event of the class' });
  });
});
