import {
  type Admission,
  type Condition,
  type Ingress,
  type KubernetesObject,
  type Pod,
  type PodStatus,
  type Resource,
  type RevisionSpec,
  type Service,
  type TrafficTarget,
  createAdmission,
  defaultServingConfig,
  isNotFound,
  keys,
  makePod,
  resources,
  systemNamespace,
} from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { createControllers } from '@ebb/controller';
import { type KubeClient, conditionOf, createKubeClient } from '@ebb/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestApi, namespace, openTestApi } from './api.ts';

const latest = (percent: number, tag?: string): TrafficTarget => ({
  latestRevision: true,
  percent,
  ...(tag ? { tag } : {}),
});
const pinned = (revisionName: string, percent: number, tag?: string): TrafficTarget => ({
  revisionName,
  latestRevision: false,
  percent,
  ...(tag ? { tag } : {}),
});

const podOf = (image: string): RevisionSpec => ({
  containers: [{ name: 'user-container', image }],
});

/** The name in the first argument of a call after its resource: a key or an object. */
const nameIn = (argument: unknown): string => {
  const { name, metadata } = argument as { name?: string; metadata?: { name?: string } };
  return name ?? metadata?.name ?? '';
};

const serving = createAdmission(() => defaultServingConfig);
/** Knative's, but for ConfigMaps: on a cluster without webhooks bad ones get in. */
const admission: Admission = (request) =>
  request.kind === 'ConfigMap' ? { object: request.object, warnings: [] } : serving(request);

/** The controllers on a Kubernetes API. The test itself is autoscaler, virtual node and gateway. */
class World implements AsyncDisposable {
  readonly client: KubeClient;
  readonly #api: TestApi;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly synced: Promise<void>;
  /** Every write of the controllers, by what was written. */
  readonly writes: string[] = [];

  constructor(api: TestApi) {
    this.#api = api;
    this.client = createKubeClient({ kubeconfig: api.kubeconfig });
    const client = this.#counting(this.client);
    const tools = { clock: systemClock, logger: silentLogger, random: Math.random };
    const controllers = createControllers({ client, ...tools });
    this.synced = controllers.synced;
    this.#running = controllers.run({ signal: this.#stop.signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.client[Symbol.asyncDispose]();
    await this.#api[Symbol.asyncDispose]();
  }

  /** The client, its writes written down; events are no state and do not count. */
  #counting(client: KubeClient): KubeClient {
    const verbs: readonly string[] = ['create', 'update', 'updateStatus', 'patch', 'delete'];
    return new Proxy(client, {
      get: (target, verb: keyof KubeClient) => {
        const method: unknown = Reflect.get(target, verb);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]): unknown => {
          const { plural } = args[0] as Resource<KubernetesObject>;
          const name = nameIn(args[1]);
          if (verbs.includes(String(verb)) && plural !== 'events')
            this.writes.push(`${String(verb)} ${plural} ${name}`);
          return method.apply(target, args);
        };
      },
    });
  }

  get<T extends KubernetesObject>(resource: Resource<T>, name: string): Promise<T> {
    return this.client.get(resource, { namespace, name });
  }

  /** The object, once it is there. */
  find<T extends KubernetesObject>(resource: Resource<T>, name: string): Promise<T> {
    return eventually(() => this.get(resource, name), { what: `${resource.kind} ${name}` }) as Promise<T>;
  }

  async gone(resource: Resource<KubernetesObject>, name: string): Promise<void> {
    const what = `the end of ${resource.kind} ${name}`;
    await eventually(() => this.get(resource, name).then(() => false, isNotFound), { what });
  }

  async #change<T extends KubernetesObject>(
    resource: Resource<T>,
    name: string,
    change: (object: T) => T,
  ): Promise<void> {
    await eventually(async () => {
      await this.client.update(resource, change(await this.get(resource, name)));
      return true;
    });
  }

  async #setStatus<T extends KubernetesObject & { status?: object }>(
    resource: Resource<T>,
    name: string,
    status: (object: T) => NonNullable<T['status']>,
  ): Promise<void> {
    await eventually(async () => {
      const object = await this.get(resource, name);
      await this.client.updateStatus(resource, { ...object, status: status(object) });
      return true;
    });
  }

  async deploy(
    name: string,
    options: { image?: string; revision?: string; traffic?: TrafficTarget[] } = {},
  ): Promise<void> {
    const { image = 'dev.local/hello', revision, traffic = [latest(100)] } = options;
    const service: Service = {
      metadata: { name, namespace },
      spec: {
        template: {
          ...(revision ? { metadata: { name: revision } } : {}),
          spec: podOf(image),
        },
        traffic,
      },
    };
    const exists = await this.get(resources.services, name).then(
      () => true,
      () => false,
    );
    if (exists) await this.#change(resources.services, name, (old) => ({ ...old, spec: service.spec }));
    else await this.client.create(resources.services, service);
  }

  /** Plays virtual node: an instance of the Revision, in that state. */
  async runPod(revisionName: string, status: PodStatus, podName = `${revisionName}-deployment-abcde`): Promise<void> {
    const revision = await this.find(resources.revisions, revisionName);
    const exists = await this.get(resources.pods, podName).then(
      () => true,
      () => false,
    );
    if (!exists) await this.client.create(resources.pods, makePod({ revision, podName, nodeName: 'n' }));
    await this.#setStatus<Pod>(resources.pods, podName, () => status);
  }

  /** Plays autoscaler: what it says of a Revision. */
  async scale(revisionName: string, actual: number, { since = systemClock.now() } = {}): Promise<void> {
    await this.find(resources.podAutoscalers, revisionName);
    const lastTransitionTime = new Date(since).toISOString();
    const condition = (type: string, status: Condition['status'], reason?: string): Condition => ({
      type,
      status,
      lastTransitionTime,
      ...(reason ? { reason } : {}),
    });
    const active = (type: string): Condition =>
      actual > 0 ? condition(type, 'True') : condition(type, 'Unknown', 'Queued');
    await this.#setStatus(resources.podAutoscalers, revisionName, ({ metadata }) => ({
      observedGeneration: metadata.generation ?? 0,
      serviceName: revisionName,
      desiredScale: 1,
      actualScale: actual,
      conditions: [
        active('Active'),
        active('Ready'),
        condition('ScaleTargetInitialized', actual > 0 ? 'True' : 'Unknown'),
      ],
    }));
  }

  /** Plays autoscaler and virtual node: the Revision has an instance that is ready. */
  async start(revisionName: string): Promise<void> {
    await this.runPod(revisionName, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    await this.scale(revisionName, 1);
    await this.until(resources.revisions, revisionName, 'Ready', 'True');
  }

  /** Plays gateway: serves the table of the Route as it is, once it sends traffic to that revision. */
  async serve(name: string, revisionName: string): Promise<Ingress> {
    const ingress = await eventually(
      async () => {
        const found = await this.get(resources.ingresses, name);
        return JSON.stringify(found.spec).includes(`"serviceName":"${revisionName}"`) && found;
      },
      { what: `an Ingress ${name} to ${revisionName}` },
    );
    await this.#setStatus(resources.ingresses, name, ({ metadata }) => ({
      observedGeneration: metadata.generation ?? 0,
      conditions: ['LoadBalancerReady', 'NetworkConfigured', 'Ready'].map((type) => ({
        type,
        status: 'True' as const,
      })),
    }));
    return ingress;
  }

  /** The condition of an object, once it has that status (and reason). */
  async until(
    resource: Resource<KubernetesObject & { status?: { conditions?: Condition[] } }>,
    name: string,
    type: string,
    status: string,
    reason?: string,
  ): Promise<Condition> {
    let last: unknown;
    const found = await eventually(
      async () => {
        const object = await this.get(resource, name);
        const condition = conditionOf(object.status, type);
        last = object.status;
        return condition?.status === status && (reason === undefined || condition.reason === reason) && condition;
      },
      { what: `${resource.kind} ${name}: ${type} ${status} ${reason ?? ''}` },
    ).catch((error: unknown) => {
      throw new Error(`last seen: ${JSON.stringify(last, undefined, 1)}`, { cause: error });
    });
    return found;
  }

  /** A Service whose first Revision serves. */
  async deployReady(name: string, options: Parameters<World['deploy']>[1] = {}): Promise<void> {
    await this.deploy(name, options);
    const revision = options.revision ?? `${name}-00001`;
    await this.start(revision);
    await this.serve(name, revision);
    await this.until(resources.services, name, 'Ready', 'True');
  }
}

let world: World;

beforeEach(async () => {
  world = new World(await openTestApi({ admission }));
  const put = (name: string, data: Record<string, string>): Promise<unknown> =>
    world.client.create(resources.configMaps, { metadata: { namespace: systemNamespace, name }, data });
  await world.client.create(resources.namespaces, { metadata: { name: systemNamespace } }).catch(() => {});
  await put('config-domain', { localhost: '' });
  await put('config-network', { 'ebb-external-port': '8080' });
  await world.synced;
});

afterEach(() => world[Symbol.asyncDispose]());

describe('a Service', () => {
  it('gets a Configuration, a Revision, a PodAutoscaler, a Route and an Ingress, and becomes Ready with them', async () => {
    await world.deploy('hello');
    const revision = await world.find(resources.revisions, 'hello-00001');
    expect(revision.metadata.labels).toMatchObject({
      [keys.configuration]: 'hello',
      [keys.configurationGeneration]: '1',
      [keys.service]: 'hello',
      [keys.routingState]: 'active',
    });
    expect(revision.metadata.annotations?.[keys.creator]).toBeTruthy();
    const podAutoscaler = await world.find(resources.podAutoscalers, 'hello-00001');
    expect(podAutoscaler.spec).toMatchObject({ protocolType: 'http1', reachability: 'Reachable' });
    const waiting = await world.until(resources.routes, 'hello', 'Ready', 'Unknown', 'RevisionMissing');
    expect(waiting.message).toBe('Configuration "hello" is waiting for a Revision to become ready.');

    await world.start('hello-00001');
    await world.until(resources.services, 'hello', 'Ready', 'Unknown', 'IngressNotConfigured');
    const ingress = await world.serve('hello', 'hello-00001');
    expect(ingress.spec.rules).toMatchObject([
      {
        hosts: [`hello.${namespace}`, `hello.${namespace}.svc`, `hello.${namespace}.svc.cluster.local`],
        visibility: 'ClusterLocal',
      },
      { hosts: [`hello.${namespace}.localhost`], visibility: 'ExternalIP' },
    ]);

    await world.until(resources.services, 'hello', 'Ready', 'True');
    const { status } = await world.get(resources.services, 'hello');
    expect(status).toMatchObject({
      url: `http://hello.${namespace}.localhost:8080`,
      address: { url: `http://hello.${namespace}.svc.cluster.local` },
      latestCreatedRevisionName: 'hello-00001',
      latestReadyRevisionName: 'hello-00001',
      traffic: [{ revisionName: 'hello-00001', percent: 100, latestRevision: true }],
    });
    expect(status?.conditions?.map(({ type }) => type)).toEqual(['ConfigurationsReady', 'Ready', 'RoutesReady']);
    const told = await eventually(async () => {
      const { items } = await world.client.list(resources.events, { namespace });
      const found = items.filter(
        ({ reason, involvedObject }) => reason === 'RevisionReady' && involvedObject.name === 'hello-00001',
      );
      return found.length > 0 && found;
    });
    expect(told.map(({ count }) => count)).toEqual([1]);
  });

  it('moves to its second revision once that is ready, and only then', async () => {
    await world.deployReady('hello');
    await world.deploy('hello', { image: 'dev.local/hello:2' });
    await world.find(resources.revisions, 'hello-00002');
    await world.until(resources.services, 'hello', 'ConfigurationsReady', 'Unknown');
    const { spec } = await world.get(resources.ingresses, 'hello');
    expect(JSON.stringify(spec)).not.toContain('hello-00002');
    await world.start('hello-00002');
    await world.serve('hello', 'hello-00002');
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await eventually(async () => {
      const { metadata } = await world.get(resources.revisions, 'hello-00001');
      return metadata.labels?.[keys.routingState] === 'reserve' && metadata.annotations?.[keys.routes] === undefined;
    });
    const reserve = await world.get(resources.podAutoscalers, 'hello-00001');
    expect(reserve.spec.reachability).toBe('Unreachable');
  });

  it('splits traffic between revisions and gives every tag a host', async () => {
    await world.deployReady('hello');
    await world.deploy('hello', {
      image: 'dev.local/hello:2',
      traffic: [pinned('hello-00001', 80), latest(20, 'canary')],
    });
    await world.start('hello-00002');
    const { spec } = await world.serve('hello', 'hello-00002');
    const splits = (spec.rules ?? []).map(({ hosts, http }) => [
      hosts?.at(-1),
      http?.paths[0]?.splits.map(({ serviceName, percent }) => `${serviceName}=${percent}`),
    ]);
    expect(splits).toEqual([
      [`hello.${namespace}.svc.cluster.local`, ['hello-00001=80', 'hello-00002=20']],
      [`hello.${namespace}.localhost`, ['hello-00001=80', 'hello-00002=20']],
      [`canary-hello.${namespace}.svc.cluster.local`, ['hello-00002=100']],
      [`canary-hello.${namespace}.localhost`, ['hello-00002=100']],
    ]);
    await world.until(resources.services, 'hello', 'Ready', 'True');
    expect((await world.get(resources.services, 'hello')).status?.traffic).toEqual([
      { revisionName: 'hello-00001', percent: 80, latestRevision: false },
      {
        revisionName: 'hello-00002',
        percent: 20,
        latestRevision: true,
        tag: 'canary',
        url: `http://canary-hello.${namespace}.localhost:8080`,
      },
    ]);
    await world.find(resources.coreServices, 'canary-hello');
    await world.deploy('hello', { image: 'dev.local/hello:2' });
    await world.gone(resources.coreServices, 'canary-hello');
  });

  it('keeps traffic on the old revision when the new one fails, and says why', async () => {
    await world.deployReady('hello');
    await world.deploy('hello', { image: 'dev.local/broken' });
    const terminated = { exitCode: 3, message: 'no such database' };
    await world.runPod('hello-00002', {
      phase: 'Running',
      containerStatuses: [
        { name: 'user-container', image: '', imageID: '', ready: false, restartCount: 1, lastState: { terminated } },
      ],
    });
    const failed = await world.until(resources.services, 'hello', 'Ready', 'False', 'RevisionFailed');
    expect(failed.message).toBe('Revision "hello-00002" failed with message: Container failed with: no such database.');
    await world.until(resources.services, 'hello', 'RoutesReady', 'True');
    expect(conditionOf((await world.get(resources.revisions, 'hello-00002')).status, 'Ready')?.reason).toBe(
      'ExitCode3',
    );
    expect((await world.get(resources.services, 'hello')).status).toMatchObject({
      latestCreatedRevisionName: 'hello-00002',
      latestReadyRevisionName: 'hello-00001',
      traffic: [{ revisionName: 'hello-00001', percent: 100 }],
    });
    await world.start('hello-00002');
    await world.serve('hello', 'hello-00002');
    await world.until(resources.services, 'hello', 'Ready', 'True');
  });

  it('fails with its Route when the first revision cannot get its image', async () => {
    await world.deploy('hello', { image: 'dev.local/nowhere' });
    await world.runPod('hello-00001', {
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'user-container',
          image: '',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: 'ErrImagePull', message: 'no folder is called nowhere' } },
        },
      ],
    });
    await world.until(resources.revisions, 'hello-00001', 'Ready', 'False', 'ErrImagePull');
    const route = await world.until(resources.services, 'hello', 'RoutesReady', 'False', 'RevisionMissing');
    expect(route.message).toBe('Configuration "hello" does not have any ready Revision.');
    const configuration = await world.until(resources.services, 'hello', 'ConfigurationsReady', 'False');
    expect(configuration.message).toBe('Revision "hello-00001" failed with message: no folder is called nowhere.');
  });

  it('fails when its first revision is not ready by the progress deadline, though nothing happens', async () => {
    await world.deploy('hello');
    await world.runPod('hello-00001', {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False', message: 'connection refused' }],
    });
    const almost = systemClock.now() - 599_000;
    await world.scale('hello-00001', 0, { since: almost });
    const failed = await world.until(resources.revisions, 'hello-00001', 'Ready', 'False', 'ProgressDeadlineExceeded');
    expect(failed.message).toBe(
      'No instance became ready within 600s (readiness probe: TCP connection to port 8080): connection refused',
    );
  });

  it('uses the own name of a revision and refuses one that is taken by another template', async () => {
    await world.deployReady('hello', { revision: 'hello-blue' });
    await world.deploy('hello', { revision: 'hello-green', image: 'dev.local/hello:2' });
    await world.start('hello-green');
    await world.serve('hello', 'hello-green');
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await world.deploy('hello', { revision: 'hello-blue' });
    await world.serve('hello', 'hello-blue');
    await eventually(
      async () => (await world.get(resources.services, 'hello')).status?.latestReadyRevisionName === 'hello-blue',
    );
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await world.deploy('hello', { revision: 'hello-green', image: 'dev.local/hello:3' });
    await world.until(resources.services, 'hello', 'RoutesReady', 'False', 'RevisionNameTaken');
    const failed = await world.until(resources.services, 'hello', 'ConfigurationsReady', 'False', 'RevisionFailed');
    expect(failed.message).toContain('already exists');
    expect((await world.get(resources.services, 'hello')).status?.traffic).toMatchObject([
      { revisionName: 'hello-blue' },
    ]);
  });

  it('takes no Route that belongs to someone else', async () => {
    await world.client.create(resources.routes, {
      metadata: { name: 'hello', namespace },
      spec: { traffic: [{ configurationName: 'other', latestRevision: true, percent: 100 }] },
    });
    await world.deploy('hello');
    const refused = await world.until(resources.services, 'hello', 'RoutesReady', 'False', 'NotOwned');
    expect(refused.message).toBe('There is an existing Route "hello" that we do not own.');
  });

  it('makes right what was changed by hand', async () => {
    await world.deployReady('hello');
    await world.client.patch(
      resources.routes,
      { namespace, name: 'hello' },
      {
        type: 'merge',
        body: { metadata: { labels: { stray: 'yes' } }, spec: { traffic: [pinned('nowhere', 100)] } },
      },
    );
    await world.client.delete(resources.podAutoscalers, { namespace, name: 'hello-00001' });
    await eventually(async () => {
      const { metadata, spec } = await world.get(resources.routes, 'hello');
      return metadata.labels?.['stray'] === undefined && spec.traffic?.[0]?.configurationName === 'hello';
    });
    const { metadata } = await world.find(resources.podAutoscalers, 'hello-00001');
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Revision', name: 'hello-00001', controller: true }]);
  });

  it('takes everything with it when it is deleted', async () => {
    await world.deployReady('hello');
    await world.client.delete(resources.services, { namespace, name: 'hello' });
    await world.gone(resources.ingresses, 'hello');
    await world.gone(resources.coreServices, 'hello');
    await world.gone(resources.routes, 'hello');
    await world.gone(resources.podAutoscalers, 'hello-00001');
    await world.gone(resources.revisions, 'hello-00001');
    await world.gone(resources.configurations, 'hello');
    expect((await world.client.list(resources.services)).items).toEqual([]);
  });

  it('becomes cluster-local with its label, and takes a new domain while it runs', async () => {
    await world.deployReady('hello');
    await world.client.patch(
      resources.configMaps,
      { namespace: systemNamespace, name: 'config-domain' },
      {
        type: 'merge',
        body: { data: { localhost: null, 'example.com': '' } },
      },
    );
    const hasUrl = async (url: string): Promise<boolean> =>
      (await world.get(resources.services, 'hello')).status?.url === url;
    await eventually(() => hasUrl(`http://hello.${namespace}.example.com:8080`));
    await world.client.patch(
      resources.services,
      { namespace, name: 'hello' },
      {
        type: 'merge',
        body: { metadata: { labels: { [keys.visibility]: 'cluster-local' } } },
      },
    );
    await eventually(() => hasUrl(`http://hello.${namespace}.svc.cluster.local`));
    const { spec } = await world.get(resources.ingresses, 'hello');
    expect(spec.rules?.map(({ visibility }) => visibility)).toEqual(['ClusterLocal']);
  });
});

describe('the controllers', () => {
  it('write nothing while nothing changes', async () => {
    await world.deployReady('hello');
    // The queues keep order: once a later Service is through them, nothing about the earlier one is left.
    await world.deployReady('second');
    const before = world.writes.length;
    for (const touched of ['a', 'b', 'c']) {
      await world.client.patch(
        resources.configMaps,
        { namespace: systemNamespace, name: 'config-network' },
        { type: 'merge', body: { data: { touched } } },
      );
    }
    await world.deployReady('third');
    expect(world.writes.slice(before).filter((write) => !write.includes('third'))).toEqual([]);
  });

  it('leave alone the Configuration of a Service whose Route is another object', async () => {
    await world.client.create(resources.routes, {
      metadata: { name: 'hello', namespace },
      spec: { traffic: [{ configurationName: 'other', latestRevision: true, percent: 100 }] },
    });
    await world.deploy('hello');
    await world.until(resources.services, 'hello', 'RoutesReady', 'False', 'NotOwned');
    await world.deployReady('second');
    const before = world.writes.length;
    await world.deployReady('third');
    expect(world.writes.slice(before).filter((write) => write === 'update configurations hello')).toEqual([]);
  });

  it('tell Revisions when a Route that stands alone comes and goes', async () => {
    const configuration = {
      metadata: { name: 'lone', namespace },
      spec: { template: { spec: podOf('dev.local/lone') } },
    };
    await world.client.create(resources.configurations, configuration);
    const state = async (): Promise<unknown> =>
      (await world.get(resources.revisions, 'lone-00001')).metadata.labels?.[keys.routingState];
    await eventually(async () => (await state()) === 'pending');
    const traffic = [{ configurationName: 'lone', latestRevision: true, percent: 100 }];
    await world.client.create(resources.routes, { metadata: { name: 'way', namespace }, spec: { traffic } });
    await eventually(async () => (await state()) === 'active');
    await world.client.delete(resources.routes, { namespace, name: 'way' });
    await eventually(async () => (await state()) === 'reserve');
    const { metadata } = await world.get(resources.configurations, 'lone');
    expect(metadata.annotations?.[keys.routes]).toBeUndefined();
  });

  it('keep the settings in force when a ConfigMap is not valid', async () => {
    await world.client.patch(
      resources.configMaps,
      { namespace: systemNamespace, name: 'config-network' },
      {
        type: 'merge',
        body: { data: { 'domain-template': '{{.Nonsense' } },
      },
    );
    await world.deployReady('hello');
    expect((await world.get(resources.services, 'hello')).status?.url).toBe(`http://hello.${namespace}.localhost:8080`);
  });
});
