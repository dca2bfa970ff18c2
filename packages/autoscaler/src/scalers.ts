import {
  type PodAutoscaler,
  type RevisionStat,
  type StatReport,
  kpaClass,
  keyOf,
  parseScalingSettings,
} from '@ebb/api';
import type { Clock } from '@ebb/base';
import { type ClusterSettings, defaultClusterSettings } from './cluster-settings.ts';
import { revisionOf } from './cluster.ts';
import type { Gateways } from './gateways.ts';
import { type ReplicaContext, Replicas } from './replicas/replicas.ts';
import { RevisionScaler } from './revision-scaler.ts';
import { TickWheel } from './tick-wheel.ts';

/** How often silence is looked at. */
const secondMs = 1000;

/** The scalers of all PodAutoscalers of class KPA, by `namespace/name`; others are left alone. */
export class Scalers {
  readonly #scalers = new Map<string, RevisionScaler>();
  readonly #context: ReplicaContext;
  readonly #clock: Clock;
  readonly #gateways: Gateways;
  readonly #wheel: TickWheel;
  readonly #changed: (key: string) => void;
  #settings = defaultClusterSettings;
  #loadIsKnown = false;

  /** @param changed Told of each scaler that may have something new to say in its status. */
  constructor(context: ReplicaContext, changed: (key: string) => void) {
    this.#context = context;
    this.#clock = context.clock;
    this.#gateways = context.gateways;
    this.#changed = changed;
    this.#wheel = new TickWheel((key) => this.#tick(key), context.clock.now());
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

  /** Goes on with all whose pods could not be made. */
  stepStarved(): void {
    for (const [key, { replicas }] of this.#scalers) if (replicas.shortage) this.step(key);
  }

  record(report: StatReport): void {
    const now = this.#clock.now();
    this.#gateways.record(report, now);
    this.#noteLoad(now);
    for (const stat of report.revisions) this.#recordStat(stat, now);
    for (const revision of this.#revisionsOf(report.drained)) this.#scalers.get(revision)?.replicas.reconcile();
  }

  /** Ticks, and takes silence for zeros, until disposed. */
  run(): Disposable {
    const wheel = this.#wheel.run(this.#clock);
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
    this.#scalers.set(key, new RevisionScaler(podAutoscaler, this.#settings, replicas, now));
    this.#wheel.add(key, now);
  }

  #recordStat(stat: RevisionStat, now: number): void {
    const key = `${stat.namespace}/${stat.name}`;
    const scaler = this.#scalers.get(key);
    if (!scaler || !isSane(stat)) return;
    scaler.record(stat, now);
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
    const scaler = this.#scalers.get(key);
    if (scaler?.tick(this.#clock.now(), { loadIsKnown: this.#loadIsKnown })) this.#changed(key);
  }

  #second(): void {
    const now = this.#clock.now();
    this.#gateways.forget(now);
    this.#noteLoad(now);
    if (!this.#loadIsKnown) return;
    for (const scaler of this.#scalers.values()) scaler.recordSilence(now);
  }

  /** After a time without any gateway the windows are as good as new: nothing is let go before they have filled. */
  #noteLoad(now: number): void {
    const isKnown = this.#gateways.isAlive(now);
    if (isKnown && !this.#loadIsKnown) for (const scaler of this.#scalers.values()) scaler.hold(now);
    this.#loadIsKnown = isKnown;
  }
}

function isKpa({ metadata }: PodAutoscaler, { autoscaler }: ClusterSettings): boolean {
  const { class: name } = parseScalingSettings(metadata.annotations ?? {}, autoscaler);
  return name === kpaClass || name === '';
}

/** False for numbers no average survives. */
function isSane({ averageConcurrency, requestCount, waiting }: RevisionStat): boolean {
  return [averageConcurrency, requestCount, waiting].every((value) => Number.isFinite(value));
}
