import {
  type Condition,
  type Ingress,
  type KubernetesObject,
  type Pod,
  type PodStatus,
  type Resource,
  type RevisionSpec,
  type Service,
  type TrafficTarget,
  isNotFound,
  makePod,
  resources,
  systemNamespace,
} from '@ebb/api';
import { type Clock, type Logger, linkSignals, silentLogger, systemClock } from '@ebb/base';
import { FakeClock, eventually } from '@ebb/base/testing';
import { createControllers } from '@ebb/controller';
import { type KubeClient, conditionOf, createKubeClient } from '@ebb/kube';
import { isWrite, onCalls } from './calls.ts';
import { simulateDataPlane } from './simulated-data-plane.ts';
import { type TestApi, type TestApiOptions, namespace, openTestApi } from './api.ts';

export const latest = (percent: number, tag?: string): TrafficTarget => ({
  latestRevision: true,
  percent,
  ...(tag ? { tag } : {}),
});
export const pinned = (revisionName: string, percent: number, tag?: string): TrafficTarget => ({
  revisionName,
  latestRevision: false,
  percent,
  ...(tag ? { tag } : {}),
});

export const podOf = (image: string): RevisionSpec => ({
  containers: [{ name: 'user-container', image }],
});

/** How controllers die. */
export interface Doom {
  /** At which call. */
  readonly calls: number;
  /** Whether that call still reached the server, its answer being lost. */
  readonly sent: boolean;
}

export interface WorldOptions {
  /** Of the controllers. A fake one moves on a little each time the test looks. Default: the system's. */
  readonly clock?: Clock;
  /** Revisions come up and Ingresses are served by themselves. Default false: the test sees to that. */
  readonly simulated?: boolean;
  /** Default: Knative's, but for ConfigMaps. */
  readonly admission?: TestApiOptions['admission'] | 'none';
  /** ConfigMaps in `knative-serving`, beside a domain `localhost` on port 8080. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The controllers on a Kubernetes API of their own, working. */
export async function openWorld({
  clock = systemClock,
  simulated = false,
  admission = 'but ConfigMaps',
  config = {},
}: WorldOptions = {}): Promise<World & AsyncDisposable> {
  const world = new World(await openTestApi(admission === 'none' ? {} : { admission }), clock);
  const maps = { 'config-domain': { localhost: '' }, 'config-network': { 'ebb-external-port': '8080' }, ...config };
  for (const [name, data] of Object.entries(maps))
    await world.client.create(resources.configMaps, { metadata: { namespace: systemNamespace, name }, data });
  if (simulated) world.simulate();
  await world.start();
  return world;
}

/** The controllers on a Kubernetes API. The test itself is autoscaler, virtual node and gateway. */
export class World implements AsyncDisposable {
  readonly client: KubeClient;
  readonly #api: TestApi;
  readonly #clock: Clock;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  readonly #end = new AbortController();
  #plane: Promise<void> = Promise.resolve();
  /** Every write of the controllers, by what was written; events are no state and do not count. */
  readonly writes: string[] = [];
  /** Every call of the controllers but watches: verb and resource. */
  readonly calls: string[] = [];

  constructor(api: TestApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
    this.client = createKubeClient({ kubeconfig: api.kubeconfig });
  }

  /** Starts the controllers, and waits until they know what there is. */
  async start({ logger = silentLogger }: { readonly logger?: Logger } = {}): Promise<void> {
    this.#stop = new AbortController();
    const client = this.#counting(this.client);
    const tools = { clock: this.#clock, logger, random: Math.random };
    const controllers = createControllers({ client, ...tools });
    this.#running = controllers.run({ signal: this.#stop.signal });
    await controllers.synced;
  }

  /** Runs controllers that die at their n-th call of the API; resolves when they are dead, or at the end of `signal`. */
  async runDoomed({ calls, sent }: Doom, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    using life = linkSignals(signal);
    const death = new Error('the controllers are dead');
    let left = calls;
    const client = onCalls(this.client, async (call) => {
      if (left > 0 && --left > 0) return call();
      if (!life.signal.aborted && sent) await call();
      life.abort(death);
      throw death;
    });
    const tools = { clock: this.#clock, logger: silentLogger, random: Math.random };
    await createControllers({ client, ...tools }).run(life);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  simulate(): void {
    this.#plane = simulateDataPlane(this.client, this.#end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await Promise.all([this.stop(), this.#plane]);
    await this.client[Symbol.asyncDispose]();
    await this.#api[Symbol.asyncDispose]();
  }

  /** The client, its calls written down. */
  #counting(client: KubeClient): KubeClient {
    return onCalls(client, (call, { verb, plural, name }) => {
      this.calls.push(`${verb} ${plural}`);
      if (isWrite(verb) && plural !== 'events') this.writes.push(`${verb} ${plural} ${name}`);
      return call();
    });
  }

  /** Changes keys of a ConfigMap of Knative's; `null` takes one away. */
  async configure(name: string, data: Readonly<Record<string, string | null>>): Promise<void> {
    const key = { namespace: systemNamespace, name };
    await this.client.patch(resources.configMaps, key, { type: 'merge', body: { data } });
  }

  /** Waits as `eventually` does, the controllers' clock moving meanwhile. */
  eventually<T>(...[look, options]: Parameters<typeof eventually<T>>): ReturnType<typeof eventually<T>> {
    return eventually(async () => {
      if (this.#clock instanceof FakeClock) await this.#clock.advance(10);
      return look();
    }, options);
  }

  get<T extends KubernetesObject>(resource: Resource<T>, name: string): Promise<T> {
    return this.client.get(resource, { namespace, name });
  }

  /** The object, once it is there. */
  find<T extends KubernetesObject>(resource: Resource<T>, name: string): Promise<T> {
    return this.eventually(() => this.get(resource, name), { what: `${resource.kind} ${name}` }) as Promise<T>;
  }

  async gone(resource: Resource<KubernetesObject>, name: string): Promise<void> {
    const what = `the end of ${resource.kind} ${name}`;
    await this.eventually(() => this.get(resource, name).then(() => false, isNotFound), { what });
  }

  async #change<T extends KubernetesObject>(
    resource: Resource<T>,
    name: string,
    change: (object: T) => T,
  ): Promise<void> {
    await this.eventually(async () => {
      await this.client.update(resource, change(await this.get(resource, name)));
      return true;
    });
  }

  async #setStatus<T extends KubernetesObject & { status?: object }>(
    resource: Resource<T>,
    name: string,
    status: (object: T) => NonNullable<T['status']>,
  ): Promise<void> {
    await this.eventually(async () => {
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
  async startRevision(revisionName: string): Promise<void> {
    await this.runPod(revisionName, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
    await this.scale(revisionName, 1);
    await this.until(resources.revisions, revisionName, 'Ready', 'True');
  }

  /** Plays gateway: serves the table of the Route as it is, once it sends traffic to that revision. */
  async serve(name: string, revisionName: string): Promise<Ingress> {
    const ingress = await this.eventually(
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
    const found = await this.eventually(
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
    await this.startRevision(revision);
    await this.serve(name, revision);
    await this.until(resources.services, name, 'Ready', 'True');
  }
}
