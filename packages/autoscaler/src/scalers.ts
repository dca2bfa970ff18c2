import {
  type Pod,
  type PodAutoscaler,
  type RevisionStat,
  type StatReport,
  kpaClass,
  keyOf,
  parseScalingSettings,
} from '@ebb/api';
import type { Clock } from '@ebb/base';
import type { InformerEvent } from '@ebb/kube';
import { type ClusterSettings, defaultClusterSettings } from './cluster-settings.ts';
import { revisionOf } from './cluster.ts';
import type { Gateways } from './gateways.ts';
import { type ReplicaContext, Replicas } from './replicas/replicas.ts';
import { type LoadView, RevisionScaler } from './revision-scaler.ts';
import { TickWheel, slotMs } from './tick-wheel.ts';

/** How often silence is looked at. */
const secondMs = 1000;
/** The clock was set back if it shows less than before by more than this. */
const setBackMs = 1000;

/** The scalers of all PodAutoscalers of class KPA, by `namespace/name`; others are left alone. */
export class Scalers {
  readonly #scalers = new Map<string, RevisionScaler>();
  readonly #replicas = new Map<string, Replicas>();
  readonly #context: ReplicaContext;
  readonly #clock: Clock;
  readonly #gateways: Gateways;
  readonly #wheel: TickWheel;
  readonly #changed: (key: string) => void;
  readonly #load: LoadView = { hearing: 'none' };
  #settings = defaultClusterSettings;
  #lastMs: number;

  /** @param changed Told of each scaler that may have something new to say in its status. */
  constructor(context: ReplicaContext, changed: (key: string) => void) {
    this.#context = context;
    this.#clock = context.clock;
    this.#gateways = context.gateways;
    this.#changed = changed;
    this.#lastMs = context.clock.now();
    this.#wheel = new TickWheel((key) => this.#tick(key), this.#lastMs);
  }

  get settings(): ClusterSettings {
    return this.#settings;
  }

  get(key: string): RevisionScaler | undefined {
    return this.#scalers.get(key);
  }

  /** Takes in a PodAutoscaler that is new or has changed. */
  set(podAutoscaler: PodAutoscaler): void {
    const key = keyOf(podAutoscaler);
    const isOurs = isKpa(podAutoscaler, this.#settings) && podAutoscaler.metadata.deletionTimestamp === undefined;
    const known = this.#scalers.get(key);
    if (known && (!isOurs || known.uid !== podAutoscaler.metadata.uid)) this.delete(key);
    if (!isOurs) return;
    const now = this.#clock.now();
    const scaler = this.#scalers.get(key);
    if (scaler) scaler.update(podAutoscaler, this.#settings, now);
    else this.#add(key, podAutoscaler, now);
    this.#changed(key);
  }

  /** Forgets a PodAutoscaler; its pods go with their Revision. */
  delete(key: string): void {
    if (this.#scalers.delete(key)) this.#wheel.remove(key);
    this.#replicas.delete(key);
  }

  /** Takes over settings of the cluster; whoever calls it passes all PodAutoscalers to `set` again. */
  configure(settings: ClusterSettings): void {
    this.#settings = settings;
  }

  /** Goes on with one revision, because something about it has changed. */
  step(key: string): void {
    const scaler = this.#scalers.get(key);
    if (!scaler) return;
    scaler.step(this.#clock.now());
    this.#changed(key);
  }

  /** Takes in what happened to a pod. */
  observePod(event: InformerEvent<Pod>): void {
    const key = revisionOf(event.object);
    this.#replicas.get(key)?.observe(event);
    this.step(key);
  }

  /** Goes on with all whose pods could not be made. */
  stepStarved(): void {
    for (const [key, { replicas }] of this.#scalers) if (replicas.shortage) this.step(key);
  }

  record(report: StatReport): void {
    const now = this.#clock.now();
    const { madeAtMs, revisions } = this.#gateways.record(report, now);
    this.#noteLoad(now);
    for (const stat of revisions) this.#recordStat(stat, madeAtMs, now);
    for (const revision of this.#revisionsOf(report.drained)) this.#scalers.get(revision)?.replicas.reconcile();
  }

  /** Ticks, and takes silence for zeros, until disposed. */
  run(): Disposable {
    const wheel = this.#clock.every(slotMs, () => this.#turn());
    const seconds = this.#clock.every(secondMs, () => this.#second());
    return {
      [Symbol.dispose]: () => {
        wheel[Symbol.dispose]();
        seconds[Symbol.dispose]();
      },
    };
  }

  #add(key: string, podAutoscaler: PodAutoscaler, now: number): void {
    const replicas = new Replicas(key, this.#context);
    this.#replicas.set(key, replicas);
    const context = { settings: this.#settings, replicas, load: this.#load, logger: this.#context.logger };
    this.#scalers.set(key, new RevisionScaler(podAutoscaler, context, now));
    this.#wheel.add(key, now);
  }

  #recordStat(stat: RevisionStat, madeAtMs: number, now: number): void {
    const key = `${stat.namespace}/${stat.name}`;
    const scaler = this.#scalers.get(key);
    if (!scaler || !isSane(stat)) return;
    scaler.record(stat, { madeAtMs, waiting: this.#gateways.waiting(key) }, now);
    if (stat.waiting > 0) this.#changed(key);
  }

  /** The revisions that some of these pods (`namespace/name`) belong to. */
  #revisionsOf(podKeys: readonly string[]): ReadonlySet<string> {
    const { pods } = this.#context.cluster;
    const found = podKeys.flatMap((key) => {
      const [namespace, name = ''] = key.split('/');
      return pods.get(namespace, name) ?? [];
    });
    return new Set(found.map(revisionOf));
  }

  #tick(key: string): void {
    if (this.#scalers.get(key)?.tick(this.#clock.now())) this.#changed(key);
  }

  #turn(): void {
    const now = this.#clock.now();
    if (now < this.#lastMs - setBackMs) this.#clockWasSet(now);
    this.#lastMs = now;
    this.#noteLoad(now);
    this.#wheel.turnTo(now);
  }

  #second(): void {
    const now = this.#clock.now();
    this.#gateways.forget(now);
    this.#noteLoad(now);
    if (this.#load.hearing !== 'all') return;
    for (const scaler of this.#scalers.values()) scaler.recordSilence(now);
  }

  /** After a time without some gateway the windows are as good as new: nothing is let go before they have filled. */
  #noteLoad(now: number): void {
    const hearing = this.#gateways.hearing(now);
    if (hearing === this.#load.hearing) return;
    this.#load.hearing = hearing;
    for (const scaler of this.#scalers.values()) scaler.hold(now);
  }

  #clockWasSet(now: number): void {
    this.#gateways.clockWasSet(now);
    for (const scaler of this.#scalers.values()) scaler.clockWasSet(now);
  }
}

function isKpa({ metadata }: PodAutoscaler, { autoscaler }: ClusterSettings): boolean {
  const { class: name } = parseScalingSettings(metadata.annotations ?? {}, autoscaler);
  return name === kpaClass || name === '';
}

/** More requests than a gateway could ever have. */
const maxStat = 1e9;

/** False for numbers that cannot be a count of requests. */
function isSane({ averageConcurrency, requestCount, waiting }: RevisionStat): boolean {
  return isCount(averageConcurrency) && isCount(requestCount) && isCount(waiting);
}

function isCount(value: number): boolean {
  return value >= 0 && value <= maxStat;
}
