import {
  type Pod,
  type PodAutoscaler,
  type RevisionStat,
  type StatReport,
  defaultEbbScalingConfig,
  keyOf,
  parseOwnScalingSettings,
} from '@ebb/api';
import { type Clock, messageOf } from '@ebb/base';
import type { InformerEvent } from '@ebb/kube';
import { Accepted } from './accepted.ts';
import { classNameOf, isOurClass } from './classes/create-class.ts';
import { defaultClusterSettings } from './cluster-settings.ts';
import { revisionOf } from './cluster.ts';
import type { Decision } from './decision/decision.ts';
import type { Gateways } from './gateways.ts';
import type { LiftingSources } from './lifting.ts';
import { type ReplicaContext, Replicas } from './replicas/replicas.ts';
import { RevisionScaler } from './revision-scaler.ts';
import type { LoadView, ScalerSettings } from './scaler-context.ts';
import { TickWheel, slotMs } from './tick-wheel.ts';

/** What the scalers share, besides what their replicas do. */
export interface ScalersContext extends ReplicaContext {
  /** Where the bounds of a revision beyond its annotations come from, and what its pods request. */
  readonly sourcesOf: (
    podAutoscaler: PodAutoscaler,
    className: string,
  ) => LiftingSources & { readonly cpuRequest: number };
  /** Told of each scaler that may have something new to say in its status. */
  readonly changed: (key: string) => void;
  /** Told of each decision that changes something. */
  readonly decided: (key: string, decision: Decision) => void;
  /** Told of PodAutoscalers of a class that is not known here. */
  readonly leftAlone: (podAutoscaler: PodAutoscaler, className: string) => void;
}

/** How often silence is looked at. */
const secondMs = 1000;
/** The clock was set back if it shows less than before by more than this. */
const setBackMs = 1000;

interface Entry {
  readonly scaler: RevisionScaler;
  readonly replicas: Replicas;
}

/** The scalers of all PodAutoscalers of classes that are known here, by `namespace/name`; others are left alone. */
export class Scalers {
  readonly #entries = new Map<string, Entry>();
  readonly #accepted: Accepted;
  readonly #context: ScalersContext;
  readonly #clock: Clock;
  readonly #gateways: Gateways;
  readonly #wheel: TickWheel;
  readonly #load: LoadView = { hearing: 'none' };
  #settings = defaultClusterSettings;
  #lastMs: number;

  constructor(context: ScalersContext) {
    this.#context = context;
    this.#clock = context.clock;
    this.#gateways = context.gateways;
    this.#accepted = new Accepted(context.logger);
    this.#lastMs = context.clock.now();
    this.#wheel = new TickWheel((key) => this.#tick(key), this.#lastMs);
  }

  get settings(): ScalerSettings {
    return this.#settings;
  }

  get(key: string): RevisionScaler | undefined {
    return this.#entries.get(key)?.scaler;
  }

  /** Takes in a PodAutoscaler that is new or has changed. */
  set(podAutoscaler: PodAutoscaler): void {
    const key = keyOf(podAutoscaler);
    const accepted = this.#accepted.accept(podAutoscaler, this.#settings);
    const className = classNameOf(accepted, this.#settings.autoscaler);
    const isDeleting = podAutoscaler.metadata.deletionTimestamp !== undefined;
    const isOurs = isOurClass(className) && !isDeleting;
    const known = this.get(key);
    const isSame = known?.uid === podAutoscaler.metadata.uid && known?.className === className;
    if (known && !(isOurs && isSame)) this.#forget(key);
    if (!isOurs && !isDeleting) this.#context.leftAlone(podAutoscaler, className);
    if (!isOurs) return;
    this.#update(key, accepted, className);
    this.#context.changed(key);
  }

  /** Forgets a PodAutoscaler; its pods go with their Revision. */
  delete(key: string): void {
    this.#forget(key);
    this.#accepted.forget(key);
  }

  /** Takes over settings of the cluster; whoever calls it passes all PodAutoscalers to `set` again. */
  configure(settings: ScalerSettings): void {
    this.#settings = settings;
    this.nodesChanged();
  }

  /** Goes on with one revision, because something about it has changed. */
  step(key: string): void {
    const scaler = this.get(key);
    if (!scaler) return;
    scaler.step(this.#clock.now());
    this.#tellNews(key, scaler);
  }

  /** A status is worked out only where something in it is new. */
  #tellNews(key: string, scaler: RevisionScaler): void {
    if (scaler.takeNews()) this.#context.changed(key);
  }

  /** What one revision uses is somebody else's to measure from now on. */
  unmeasure(key: string): void {
    const scaler = this.get(key);
    if (scaler) scaler.usage = undefined;
  }

  /** Takes in what happened to a pod. */
  observePod(event: InformerEvent<Pod>): void {
    const key = revisionOf(event.object);
    this.#entries.get(key)?.replicas.observe(event);
    this.step(key);
  }

  /** A pod is about to be taken back: it takes no new request, and another is made for it. */
  letGo(pod: Pod): void {
    const key = revisionOf(pod);
    this.#entries.get(key)?.replicas.letGo(pod);
    this.step(key);
  }

  /** The scalers of some classes, by `namespace/name`. */
  ofClasses(...names: readonly string[]): ReadonlyMap<string, RevisionScaler> {
    const found = [...this.#entries].filter(([, { scaler }]) => names.includes(scaler.className));
    return new Map(found.map(([key, { scaler }]) => [key, scaler]));
  }

  /** Other nodes may mean another provider, and room for pods that could not be made. */
  nodesChanged(): void {
    const { nodes, permits } = this.#context;
    const { podCreationsPerSecond, podCreationBurst } = this.#settings.autoscaler.ebb ?? defaultEbbScalingConfig;
    const { perSecond, burst } = nodes.limit;
    permits.configure({ perSecond: podCreationsPerSecond ?? perSecond, burst: podCreationBurst ?? burst });
    for (const [key, { replicas }] of this.#entries) if (replicas.shortage) this.step(key);
  }

  record(report: StatReport): void {
    const now = this.#clock.now();
    const { madeAtMs, revisions } = this.#gateways.record(report, now);
    this.#noteLoad(now);
    for (const stat of revisions) this.#recordStat(stat, madeAtMs, now);
    for (const revision of this.#revisionsOf(report.drained)) this.get(revision)?.replicas.deleteDrained();
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

  #update(key: string, podAutoscaler: PodAutoscaler, className: string): void {
    const now = this.#clock.now();
    const { reserveSpecs } = parseOwnScalingSettings(
      podAutoscaler.metadata.annotations ?? {},
      this.#settings.autoscaler,
    );
    const known = this.#entries.get(key);
    if (known) {
      known.replicas.reserveSpecs = reserveSpecs;
      known.scaler.update(podAutoscaler, this.#settings, now);
      return;
    }
    const replicas = new Replicas(key, this.#context);
    replicas.reserveSpecs = reserveSpecs;
    const decided = (decision: Decision): void => this.#context.decided(key, decision);
    const shared = { settings: this.#settings, replicas, load: this.#load, decided };
    const scaler = new RevisionScaler(
      podAutoscaler,
      { ...shared, ...this.#context.sourcesOf(podAutoscaler, className) },
      now,
    );
    this.#entries.set(key, { scaler, replicas });
    this.#wheel.add(key, now);
  }

  #forget(key: string): void {
    this.#entries.get(key)?.replicas.abandon();
    if (this.#entries.delete(key)) this.#wheel.remove(key);
  }

  #recordStat(stat: RevisionStat, madeAtMs: number, now: number): void {
    const key = `${stat.namespace}/${stat.name}`;
    const scaler = this.get(key);
    if (!scaler) return;
    const present = this.#gateways.present(key);
    scaler.record(stat, { madeAtMs, waiting: this.#gateways.waiting(key), present }, now);
    this.#tellNews(key, scaler);
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
    const scaler = this.get(key);
    if (!scaler) return;
    try {
      scaler.tick(this.#clock.now());
      this.#tellNews(key, scaler);
    } catch (error) {
      // A fault about one revision is none of the others' business; its pods stay as they are.
      this.#context.logger.error({ revision: key, error: messageOf(error) }, 'a revision could not be scaled');
    }
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
    for (const { scaler } of this.#entries.values()) scaler.recordSilence(now);
  }

  /** After a time without some gateway the windows are as good as new: nothing is let go before they have filled. */
  #noteLoad(now: number): void {
    const hearing = this.#gateways.hearing(now);
    if (hearing === this.#load.hearing) return;
    this.#load.hearing = hearing;
    for (const { scaler } of this.#entries.values()) scaler.hold(now);
  }

  #clockWasSet(now: number): void {
    this.#gateways.clockWasSet(now);
    for (const { scaler } of this.#entries.values()) scaler.clockWasSet(now);
  }
}
