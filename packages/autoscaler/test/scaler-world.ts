import { type PodAutoscaler, type Reachability, type RevisionStat, parseAutoscalerConfig } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { Accepted } from '../src/accepted.ts';
import { defaultClusterSettings } from '../src/cluster-settings.ts';
import type { LiftingSources } from '../src/lifting.ts';
import type { ReplicaControl, Shortage } from '../src/replicas/replica-control.ts';
import { RevisionScaler } from '../src/revision-scaler.ts';
import type { LoadView } from '../src/scaler-context.ts';

/** Where a test asks for more it asks in vain. */
const mostPods = 10_000;

/** Pods that become ready a while after they were asked for, and go at once. */
export class PretendedReplicas implements ReplicaControl {
  readonly shortage: Shortage | undefined = undefined;
  target: number | undefined;
  onDemand: number | undefined;
  reserve = 0;
  keep = 0;
  readonly #clock: FakeClock;
  readonly #startMs: number;
  /** When each pod is ready. */
  readonly #readyAt: number[];
  readonly #reserveReadyAt: number[] = [];

  constructor(clock: FakeClock, { startMs = 0, ready = 0 } = {}) {
    this.#clock = clock;
    this.#startMs = startMs;
    this.#readyAt = Array.from({ length: ready }, () => 0);
  }

  get ready(): number {
    return this.#readyOf(this.#readyAt);
  }

  get count(): number {
    return this.#readyAt.length;
  }

  get reserveReady(): number {
    return this.#readyOf(this.#reserveReadyAt);
  }

  get isAtRest(): boolean {
    return this.target === 0 && this.count === 0 && this.reserveReady === this.reserve;
  }

  reconcile(): void {
    this.#bring(this.#reserveReadyAt, this.reserve);
    if (this.target !== undefined) this.#bring(this.#readyAt, Math.min(Math.max(this.target, this.keep), mostPods));
  }

  deleteDrained(): void {}

  #readyOf(readyAt: readonly number[]): number {
    return readyAt.filter((at) => at <= this.#clock.now()).length;
  }

  #bring(readyAt: number[], count: number): void {
    while (readyAt.length < count) readyAt.push(this.#startMs && this.#clock.now() + this.#startMs);
    readyAt.length = count;
  }
}

export interface StoryOptions {
  /** Without their prefix, `autoscaling.knative.dev/`, unless they have one. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
  readonly status?: PodAutoscaler['status'];
  /** Pods there are at the start. */
  readonly ready?: number;
  readonly containerConcurrency?: number;
  /** Default `Reachable`. */
  readonly reachability?: Reachability;
  /** What the scale subresource says. */
  readonly scale?: number;
  /** Time a pod takes to become ready. Default 0. */
  readonly startMs?: number;
  /** What bounds it beyond its annotations. */
  readonly sources?: LiftingSources;
  /** Cores that one pod requests. */
  readonly cpuRequest?: number;
}

/** One scaler under a clock that only the test moves. */
export class Story {
  readonly clock: FakeClock = new FakeClock();
  readonly replicas: PretendedReplicas;
  readonly load: LoadView = { hearing: 'all' };
  readonly accepted: Accepted = new Accepted(silentLogger);
  readonly scaler: RevisionScaler;

  constructor(options: StoryOptions = {}) {
    this.replicas = new PretendedReplicas(this.clock, options);
    const settings = { ...defaultClusterSettings, autoscaler: parseAutoscalerConfig(options.config) };
    const { replicas, load } = this;
    const { cpuRequest = 0, sources } = options;
    const context = { settings, replicas, load, cpuRequest, ...sources };
    const accepted = this.accepted.accept(podAutoscalerOf(options), settings);
    this.scaler = new RevisionScaler(accepted, context, this.clock.now());
  }

  /** A report of this moment; `waiting` over all gateways. */
  report(stat: Partial<RevisionStat>, madeAtMs: number = this.clock.now()): void {
    const full = { namespace: 'default', name: 'web', averageConcurrency: 0, requestCount: 0, waiting: 0, pods: {} };
    const now = this.clock.now();
    this.scaler.record({ ...full, ...stat }, { madeAtMs, waiting: stat.waiting ?? 0, present: presentIn(stat) }, now);
  }

  /** Lets seconds pass, with a tick each two; `load` gives what is reported in each, `undefined` for nothing. */
  async pass(seconds: number, load: (second: number) => Partial<RevisionStat> | undefined = () => ({})): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.clock.advance(1000);
      const stat = load(second);
      if (stat) this.report(stat);
      if (second % 2 === 1) this.scaler.tick(this.clock.now());
    }
  }

  get target(): number | undefined {
    return this.replicas.target;
  }
}

function presentIn({ waiting = 0, pods = {} }: Partial<RevisionStat>): number {
  return Object.values(pods).reduce((sum, inFlight) => sum + inFlight, waiting);
}

/** A PodAutoscaler with these annotations. */
export function podAutoscalerOf({
  annotations = {},
  status,
  containerConcurrency = 0,
  reachability = 'Reachable',
  scale,
}: StoryOptions): PodAutoscaler {
  const named = Object.entries(annotations).map(([key, value]): [string, string] => [
    key.includes('/') ? key : `autoscaling.knative.dev/${key}`,
    value,
  ]);
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'u1', annotations: Object.fromEntries(named) },
    spec: {
      scaleTargetRef: {},
      reachability,
      containerConcurrency,
      ...(scale === undefined ? {} : { replicas: scale }),
    },
    ...(status ? { status } : {}),
  };
}
