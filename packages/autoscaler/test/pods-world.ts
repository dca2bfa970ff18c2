import {
  type DeleteOptions,
  type Node,
  type Pod,
  type PodAutoscaler,
  type Revision,
  StatusError,
  keyOf,
  keys,
} from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import type { InformerEvent, KubeClient } from '@ebb/kube';
import { revisionOf } from '../src/cluster.ts';
import { Gateways } from '../src/gateways.ts';
import { NodeLoads } from '../src/replicas/node-loads.ts';
import { Permits } from '../src/replicas/permits.ts';
import { defaultPodConfig } from '../src/replicas/pod-settings.ts';
import type { ReplicaContext } from '../src/replicas/replicas.ts';
import { Scalers } from '../src/scalers.ts';
import { podAutoscalerOf } from './scaler-world.ts';

const namespace = 'default';
const revision: Revision = {
  metadata: { name: 'web', namespace, uid: 'r1' },
  spec: {
    containers: [{ name: 'user-container', image: 'dev.local/app', resources: { requests: { cpu: '2' } } }],
    timeoutSeconds: 300,
  },
};

/** Real scalers and replicas over an API that is a map; the test is gateway and virtual node. */
export class PodsWorld {
  readonly clock: FakeClock = new FakeClock();
  readonly pods = new Map<string, Pod>();
  readonly scalers: Scalers;
  /** Calls of the API so far, by what they do. */
  readonly calls = { create: 0, patch: 0, delete: 0 };
  readonly #gateways = new Gateways();
  #uid = 0;
  #version = 0;
  /** Set while the scalers hear of no change. */
  #unseen: InformerEvent<Pod>[] | undefined;

  constructor({ nodes = ['node-a'], perSecond = 1000, burst = 10_000 } = {}) {
    const loads = new NodeLoads();
    loads.setNodes(nodes.map(readyNode));
    const context: ReplicaContext = {
      client: this.#client(),
      cluster: this.#cluster(),
      gateways: this.#gateways,
      nodes: loads,
      podConfig: () => defaultPodConfig,
      permits: new Permits({ perSecond, burst }, this.clock),
      clock: this.clock,
      logger: silentLogger,
      random: Math.random,
      signal: new AbortController().signal,
      track: (task) => void task.catch(() => {}), // a test that fails says so by itself
    };
    const sourcesOf = (): { cpuRequest: number } => ({ cpuRequest: 2 });
    this.scalers = new Scalers({ ...context, sourcesOf, changed: () => {}, decided: () => {}, leftAlone: () => {} });
    this.scalers.run();
  }

  /** A PodAutoscaler with these annotations, by their full names. */
  apply(annotations: Readonly<Record<string, string>>): void {
    const podAutoscaler: PodAutoscaler = podAutoscalerOf({ annotations });
    this.scalers.set(podAutoscaler);
  }

  /** Reports all pods as running and ready that are not. */
  async makeReady(): Promise<void> {
    for (const pod of this.pods.values()) {
      if (pod.status?.phase === 'Running') continue;
      const conditions = [{ type: 'Ready', status: 'True' as const }];
      this.#change({ ...pod, status: { phase: 'Running', podIP: '127.0.0.1', conditions } });
    }
    await this.clock.advance(0);
  }

  /** From now on the scalers do not hear of what changes, until they see it all. */
  look(away: 'away' | 'again'): void {
    const unseen = this.#unseen ?? [];
    this.#unseen = away === 'away' ? unseen : undefined;
    if (!this.#unseen) for (const event of unseen) this.scalers.observePod(event);
  }

  /** Takes away all spot pods, as their provider does. */
  async reclaimSpot(): Promise<void> {
    for (const pod of this.pods.values()) {
      if (pod.metadata.labels?.[keys.podKind] !== 'spot') continue;
      this.pods.delete(pod.metadata.name ?? '');
      this.#tell({ type: 'deleted', object: pod });
    }
    await this.clock.advance(0);
  }

  /** Lets seconds pass, each with a report of `present` requests in flight by pod and a word on all that drain. */
  async pass(seconds: number, averageConcurrency = 0, inFlight: Readonly<Record<string, number>> = {}): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.clock.advance(1000);
      const draining = [...this.pods.values()].filter((pod) => isDraining(pod) && !inFlight[pod.metadata.name ?? '']);
      const stat = { namespace, name: 'web', averageConcurrency, requestCount: 0, waiting: 0, pods: inFlight };
      this.scalers.record({
        gateway: 'gateway-0',
        atMs: this.clock.now(),
        revisions: [stat],
        drained: draining.map(keyOf),
      });
      await this.clock.advance(0);
    }
  }

  /** Pods that stay, by their kind. */
  kinds(): { standard: number; spot: number; reserve: number } {
    const count = { standard: 0, spot: 0, reserve: 0 };
    for (const pod of this.pods.values()) {
      if (isDraining(pod)) continue;
      const kind = pod.metadata.labels?.[keys.podKind];
      count[kind === 'spot' || kind === 'reserve' ? kind : 'standard']++;
    }
    return count;
  }

  #client(): KubeClient {
    const client: Pick<KubeClient, 'create' | 'patch' | 'delete'> = {
      create: async (_resource, object) => {
        this.calls.create++;
        const pod = object as unknown as Pod;
        if (this.pods.has(pod.metadata.name ?? '')) throw new StatusError('AlreadyExists', 'there is such a pod');
        const metadata = { ...pod.metadata, uid: `u${this.#uid++}`, resourceVersion: this.#nextVersion(), namespace };
        const created: Pod = { ...pod, metadata, status: { phase: 'Pending' } };
        this.pods.set(metadata.name ?? '', created);
        this.#tell({ type: 'added', object: created });
        return object;
      },
      patch: async <T>(_resource: unknown, { name }: { name: string }, patch: { body: object }) => {
        this.calls.patch++;
        const pod = this.pods.get(name)!;
        const { metadata } = patch.body as unknown as Pod;
        const annotations = { ...pod.metadata.annotations, ...metadata.annotations };
        this.#change({ ...pod, metadata: { ...pod.metadata, annotations } });
        return pod as unknown as T;
      },
      delete: async (_resource, { name }, { preconditions = {} }: DeleteOptions = {}) => {
        this.calls.delete++;
        const pod = this.pods.get(name)!;
        const { resourceVersion = pod.metadata.resourceVersion } = preconditions;
        if (resourceVersion !== pod.metadata.resourceVersion) throw new StatusError('Conflict', 'the pod has changed');
        this.pods.delete(name);
        this.#tell({ type: 'deleted', object: pod });
      },
    };
    return client as KubeClient;
  }

  #change(changed: Pod): void {
    const name = changed.metadata.name ?? '';
    const object: Pod = { ...changed, metadata: { ...changed.metadata, resourceVersion: this.#nextVersion() } };
    const old = this.pods.get(name)!;
    this.pods.set(name, object);
    this.#tell({ type: 'updated', object, old });
  }

  #tell(event: InformerEvent<Pod>): void {
    if (this.#unseen) this.#unseen.push(event);
    else this.scalers.observePod(event);
  }

  #nextVersion(): string {
    return String(++this.#version);
  }

  #cluster(): ReplicaContext['cluster'] {
    const pods = {
      get: (_namespace: string | undefined, name: string) => this.pods.get(name),
      byIndex: (_index: string, value: string) => [...this.pods.values()].filter((pod) => revisionOf(pod) === value),
    };
    return { pods, revisions: { get: () => revision } } as unknown as ReplicaContext['cluster'];
  }
}

const isDraining = ({ metadata }: Pod): boolean => metadata.annotations?.[keys.draining] !== undefined;

const readyNode = (name: string): Node => ({
  metadata: { name },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});
