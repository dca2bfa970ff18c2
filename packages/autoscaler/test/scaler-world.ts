import { type PodAutoscaler, type RevisionStat, parseAutoscalerConfig } from '@ebb/api';
import { type Logger, silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { defaultClusterSettings } from '../src/cluster-settings.ts';
import type { ReplicaControl, Shortage } from '../src/replicas/replica-control.ts';
import { type LoadView, RevisionScaler } from '../src/revision-scaler.ts';

/** Where a test asks for more it asks in vain. */
const mostPods = 10_000;

/** Pods that become ready a while after they were asked for, and go at once. */
export class PretendedReplicas implements ReplicaControl {
  readonly shortage: Shortage | undefined = undefined;
  readonly #clock: FakeClock;
  readonly #startMs: number;
  /** When each pod is ready. */
  readonly #readyAt: number[] = [];
  target: number | undefined;

  constructor(clock: FakeClock, { startMs = 0, ready = 0 } = {}) {
    this.#clock = clock;
    this.#startMs = startMs;
    for (let i = 0; i < ready; i++) this.#readyAt.push(0);
  }

  get ready(): number {
    return this.#readyAt.filter((at) => at <= this.#clock.now()).length;
  }

  get count(): number {
    return this.#readyAt.length;
  }

  get isAtRest(): boolean {
    return this.target === 0 && this.count === 0;
  }

  reconcile(): void {
    if (this.target === undefined) return;
    while (this.count < Math.min(this.target, mostPods))
      this.#readyAt.push(this.#startMs && this.#clock.now() + this.#startMs);
    this.#readyAt.length = Math.min(this.count, this.target);
  }
}

export interface StoryOptions {
  /** Without their prefix, `autoscaling.knative.dev/`, unless they have one. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, string>>;
  readonly status?: PodAutoscaler['status'];
  /** Pods there are at the start. */
  readonly ready?: number;
  /** Time a pod takes to become ready. Default 0. */
  readonly startMs?: number;
  readonly logger?: Logger;
}

/** One scaler under a clock that only the test moves. */
export class Story {
  readonly clock: FakeClock = new FakeClock();
  readonly replicas: PretendedReplicas;
  readonly load: LoadView = { hearing: 'all' };
  readonly scaler: RevisionScaler;

  constructor(options: StoryOptions = {}) {
    this.replicas = new PretendedReplicas(this.clock, options);
    const settings = { ...defaultClusterSettings, autoscaler: parseAutoscalerConfig(options.config) };
    const { replicas, load } = this;
    const context = { settings, replicas, load, logger: options.logger ?? silentLogger };
    this.scaler = new RevisionScaler(podAutoscalerOf(options), context, this.clock.now());
  }

  /** A report of this moment; `waiting` over all gateways. */
  report(stat: Partial<RevisionStat>, madeAtMs: number = this.clock.now()): void {
    const full = { namespace: 'default', name: 'web', averageConcurrency: 0, requestCount: 0, waiting: 0, pods: {} };
    const now = this.clock.now();
    this.scaler.record({ ...full, ...stat }, { madeAtMs, waiting: stat.waiting ?? 0 }, now);
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

/** A PodAutoscaler with these annotations. */
export function podAutoscalerOf({ annotations = {}, status }: StoryOptions): PodAutoscaler {
  const named = Object.entries(annotations).map(([key, value]): [string, string] => [
    key.includes('/') ? key : `autoscaling.knative.dev/${key}`,
    value,
  ]);
  return {
    metadata: { name: 'web', namespace: 'default', uid: 'u1', annotations: Object.fromEntries(named) },
    spec: { scaleTargetRef: {}, reachability: 'Reachable' },
    ...(status ? { status } : {}),
  };
}
