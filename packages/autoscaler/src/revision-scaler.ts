import type { PodAutoscaler, RevisionStat } from '@ebb/api';
import type { Logger } from '@ebb/base';
import type { ClusterSettings } from './cluster-settings.ts';
import { Decider } from './decider.ts';
import type { Hearing } from './gateways.ts';
import { goodAnnotations } from './good-annotations.ts';
import { type LifecycleSpec, resolveLifecycle } from './lifecycle/spec.ts';
import { type LifecycleState, oneHop } from './lifecycle/state.ts';
import { type LifecycleOutcome, stepLifecycle } from './lifecycle/step.ts';
import type { ReplicaControl } from './replicas/replica-control.ts';
import { resolveSpec } from './resolve.ts';
import { type ScaleStatus, readLifecycle } from './status.ts';

/** How much of the load is known at present; one view for all revisions. */
export interface LoadView {
  hearing: Hearing;
}

/** What a scaler works with. */
export interface ScalerContext {
  readonly settings: ClusterSettings;
  readonly replicas: ReplicaControl;
  readonly load: Readonly<LoadView>;
  readonly logger: Logger;
}

/** How a report is to be taken. */
export interface ReportFacts {
  /** When it was made, by this clock. */
  readonly madeAtMs: number;
  /** Requests waiting for an instance, over all gateways. */
  readonly waiting: number;
}

/** A report older than this says nothing about who waits now. */
const freshMs = 3000;

/**
 * One PodAutoscaler at work: load in, decisions every two seconds or at once where somebody waits, pods out. Times are
 * milliseconds since the epoch.
 */
export class RevisionScaler {
  readonly replicas: ReplicaControl;
  readonly uid: string | undefined;
  readonly #load: Readonly<LoadView>;
  readonly #logger: Logger;
  readonly #decider: Decider;
  #annotations: Readonly<Record<string, string>> | undefined;
  #lifecycle: LifecycleState;
  #lifecycleSpec: LifecycleSpec;
  /** Second up to which the load is known. */
  #recordedSecond: number;
  /** Until then no pod is let go: what is known of the load is too young to tell. */
  #holdUntilMs = Number.NEGATIVE_INFINITY;
  #heldScale = 0;

  constructor(podAutoscaler: PodAutoscaler, { settings, replicas, load, logger }: ScalerContext, nowMs: number) {
    this.replicas = replicas;
    this.uid = podAutoscaler.metadata.uid;
    this.#load = load;
    this.#logger = logger;
    this.#lifecycle = readLifecycle(podAutoscaler, nowMs);
    const accepted = this.#accept(podAutoscaler, settings);
    this.#lifecycleSpec = resolveLifecycle(accepted, settings.autoscaler, settings.progressDeadlineMs);
    this.#decider = new Decider(resolveSpec(accepted, settings.autoscaler), replicas.ready, nowMs);
    this.#recordedSecond = Math.floor(nowMs / 1000);
    this.hold(nowMs);
    replicas.target = this.#firstTarget();
    this.step(nowMs);
  }

  get status(): ScaleStatus {
    return { lifecycle: this.#lifecycle, ready: this.replicas.ready, shortage: this.replicas.shortage };
  }

  /** Takes over a changed PodAutoscaler or changed settings of the cluster. */
  update(podAutoscaler: PodAutoscaler, settings: ClusterSettings, nowMs: number): void {
    const accepted = this.#accept(podAutoscaler, settings);
    this.#lifecycleSpec = resolveLifecycle(accepted, settings.autoscaler, settings.progressDeadlineMs);
    this.#decider.update(resolveSpec(accepted, settings.autoscaler), nowMs);
    this.step(nowMs);
  }

  /** Keeps the pods there are for a stable window, while the load is being learnt anew (design: static stability). */
  hold(nowMs: number): void {
    this.#heldScale = this.replicas.count;
    this.#holdUntilMs = this.#heldScale > 0 ? nowMs + this.#decider.spec.stableWindowSeconds * 1000 : nowMs;
  }

  /** The clock was set back to `nowMs`: the load is learnt anew, and nothing that is remembered lies ahead. */
  clockWasSet(nowMs: number): void {
    this.#decider.clockWasSet(nowMs);
    const { active } = this.#lifecycle;
    this.#lifecycle = { ...this.#lifecycle, active: { ...active, sinceMs: Math.min(active.sinceMs, nowMs) } };
    this.#recordedSecond = Math.floor(nowMs / 1000);
    this.hold(nowMs);
  }

  /** Takes in one gateway's report. Where requests wait and no pod is ready it decides at once (autoscaling.md, section 11). */
  record({ averageConcurrency, requestCount }: RevisionStat, { madeAtMs, waiting }: ReportFacts, nowMs: number): void {
    this.#decider.record(madeAtMs, averageConcurrency, requestCount);
    this.#recordedSecond = Math.max(this.#recordedSecond, Math.floor(madeAtMs / 1000));
    if (!(waiting > 0) || nowMs - madeAtMs > freshMs || this.replicas.ready > 0) return;
    this.#decider.tick(0, nowMs, waiting);
    this.step(nowMs);
  }

  /** Records that there was no load in the seconds that passed without a report, while the gateways are known to be alive. */
  recordSilence(nowMs: number): void {
    if (this.#isAsleep) return;
    const passed = Math.floor(nowMs / 1000) - 1;
    if (this.#recordedSecond >= passed) return;
    this.#recordedSecond = passed;
    this.#decider.record(passed * 1000, 0, 0);
  }

  /** Decides, unless the load is not known, and goes one step on. False if there was nothing to do. */
  tick(nowMs: number): boolean {
    if (this.#isAsleep) return false;
    if (this.#load.hearing !== 'none') this.#decider.tick(this.replicas.ready, nowMs);
    this.step(nowMs);
    return true;
  }

  /** Bounds, the way to zero and conditions, then pods. */
  step(nowMs: number): void {
    const { status } = this.#lifecycle.active;
    const { want } = this.#stepOnce(nowMs);
    // What follows from having become inactive needs no event here to be noticed.
    if (want === 0 && status === 'True') this.#stepOnce(nowMs);
    this.replicas.reconcile();
  }

  /** True at zero, with nothing wanted: the first report wakes it. */
  get #isAsleep(): boolean {
    return this.#decider.state.desired === 0 && this.replicas.isAtRest;
  }

  #stepOnce(nowMs: number): LifecycleOutcome {
    const { desired, excessBurstCapacity } = this.#decider.state;
    const holds = nowMs < this.#holdUntilMs || this.#load.hearing === 'some';
    const held = holds && desired >= 0 ? Math.max(desired, this.#heldScale) : desired;
    const observed = { desired: held, excessBurstCapacity, ready: this.replicas.ready, network: oneHop };
    const outcome = stepLifecycle(this.#lifecycleSpec, observed, this.#lifecycle, nowMs);
    this.#lifecycle = outcome.state;
    if (outcome.write !== undefined) this.#setTarget(outcome.write);
    return outcome;
  }

  /** The PodAutoscaler with annotations that can be gone by. */
  #accept(podAutoscaler: PodAutoscaler, { autoscaler }: ClusterSettings): PodAutoscaler {
    const { annotations, complaint } = goodAnnotations(podAutoscaler, autoscaler, this.#annotations);
    if (complaint !== undefined) {
      const { namespace, name } = podAutoscaler.metadata;
      const stays = this.#annotations ? 'the last good ones stay' : 'they are left out';
      this.#logger.warn({ podAutoscaler: `${namespace}/${name}`, error: complaint }, `annotations are wrong; ${stays}`);
    }
    this.#annotations = annotations;
    return { ...podAutoscaler, metadata: { ...podAutoscaler.metadata, annotations: { ...annotations } } };
  }

  #setTarget(target: number): void {
    // As with windows that were silent for their whole length: the next load is judged by itself, not thinned by old zeros.
    if (target === 0 && this.replicas.target !== 0) this.#decider.forget();
    this.replicas.target = target;
  }

  /** The scale to begin with: never fewer pods than there are. A new revision gets its initial scale. */
  #firstTarget(): number {
    const { active, desiredScale = -1, initialized } = this.#lifecycle;
    const present = this.replicas.count;
    if (active.status === 'False') return present;
    if (desiredScale < 0 && !initialized) return Math.max(present, this.#lifecycleSpec.initialScale);
    return Math.max(present, desiredScale);
  }
}
