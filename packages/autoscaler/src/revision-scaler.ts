import type { PodAutoscaler, RevisionStat } from '@ebb/api';
import { type OwnScalingSettings, parseOwnScalingSettings } from '@ebb/api/autoscaler';
import { type Bounding, bound, isSameBounding, noBounding } from './bounds.ts';
import type { ClassAccount, Usage } from './classes/account.ts';
import { classNameOf, createClass } from './classes/create-class.ts';
import type { Facts, ScalingClass } from './classes/scaling-class.ts';
import { type Decision, firstSteps, joinSteps } from './decision/decision.ts';
import { History } from './decision/history.ts';
import { Steps } from './decision/steps.ts';
import { Lifting } from './lifting.ts';
import { firstScale, isNew } from './lifecycle/first-scale.ts';
import { type LifecycleSpec, resolveLifecycle } from './lifecycle/spec.ts';
import type { LifecycleState } from './lifecycle/state.ts';
import { readLifecycle } from './lifecycle/read.ts';
import type { ReplicaControl } from './replicas/replica-control.ts';
import { Reserve } from './reserve.ts';
import type { ReportFacts, ScaleStatus, ScalerContext, ScalerSettings } from './scaler-context.ts';

type Mutable<T> = { -readonly [name in keyof T]: T[name] };

/** Steps of the bounds of whoever is being bounded: they are read before anybody else is. */
const boundSteps = new Steps();

/** What the class makes of the load. */
export interface Decided extends Pick<ScalingClass, 'desired' | 'excessBurstCapacity' | 'isPanicking'> {
  readonly account: ClassAccount;
}

/** A report older than this says nothing about who waits now. */
const freshMs = 3000;

/**
 * One PodAutoscaler at work: load in, decisions every two seconds or at once where somebody waits, pods out. Pure but for the pods it
 * is given to move: on a virtual clock and with a model of pods it is a simulation. Times are milliseconds since the epoch.
 */
export class RevisionScaler {
  readonly replicas: ReplicaControl;
  readonly uid: string | undefined;
  readonly decisions: History = new History();
  /** What the pods use, as it was measured last. */
  usage: Usage | undefined;
  readonly #context: ScalerContext;
  readonly #class: ScalingClass;
  readonly #className: string;
  readonly #lifting: Lifting;
  readonly #reserve: Reserve;
  readonly #facts: Mutable<Facts>;
  #own: OwnScalingSettings;
  #lifecycle: LifecycleState;
  #lifecycleSpec: LifecycleSpec;
  /** What bounds the scale now, and a second one to compare with: nothing is allocated where nothing changes. */
  #bounding: Mutable<Bounding>;
  #next: Mutable<Bounding>;
  /** The scale that the last step came to, and whether time alone would leave it so. */
  #want = -1;
  #isTimeless = false;
  #hasDecided = false;
  #panicked = false;
  /** What was last told. */
  #told: Partial<ScaleStatus> = {};
  /** Second up to which the load is known. */
  #recordedSecond: number;
  /** Until then no pod is let go: what is known of the load is too young to tell. */
  #holdUntilMs = Number.NEGATIVE_INFINITY;
  #heldScale = 0;

  /** @param podAutoscaler One whose annotations can be gone by. */
  constructor(podAutoscaler: PodAutoscaler, context: ScalerContext, nowMs: number) {
    const { settings, replicas, cpuRequest = 0 } = context;
    this.#context = context;
    this.replicas = replicas;
    this.uid = podAutoscaler.metadata.uid;
    this.#lifecycle = readLifecycle(podAutoscaler, nowMs);
    this.#lifecycleSpec = resolveLifecycle(podAutoscaler, settings.autoscaler, settings.progressDeadlineMs);
    this.#own = parseOwnScalingSettings(podAutoscaler.metadata.annotations ?? {}, settings.autoscaler);
    this.#className = classNameOf(podAutoscaler, settings.autoscaler);
    this.#class = createClass(podAutoscaler, settings.autoscaler, { ready: replicas.ready, cpuRequest, nowMs });
    this.#lifting = new Lifting(this.#own, context);
    this.#lifting.update(podAutoscaler, settings.autoscaler, this.#own);
    this.#reserve = new Reserve(replicas);
    this.#facts = { nowMs, ready: 0, starting: 0, waiting: 0, present: 0, usage: undefined };
    this.#bounding = noBounding(this.#lifecycleSpec, this.#lifecycle);
    this.#next = { ...this.#bounding };
    this.#recordedSecond = Math.floor(nowMs / 1000);
    this.hold(nowMs);
    replicas.onDemand = this.#own.onDemandReplicas;
    this.#begin(nowMs);
    this.step(nowMs);
  }

  /** The class it decides by; another one takes another scaler. */
  get className(): string {
    return this.#className;
  }

  /** True if something that a status tells has changed since it was last asked. */
  takeNews(): boolean {
    const { ready, reserveReady, shortage } = this.replicas;
    const isOld =
      this.#told.lifecycle === this.#lifecycle &&
      this.#told.ready === ready + reserveReady &&
      this.#told.shortage === shortage &&
      this.#told.decision === this.decisions.last;
    if (isOld) return false;
    this.#told = this.status;
    return true;
  }

  /** What a status is to tell. */
  get status(): ScaleStatus {
    const { ready, reserveReady, shortage } = this.replicas;
    return { lifecycle: this.#lifecycle, ready: ready + reserveReady, shortage, decision: this.decisions.last };
  }

  /** The last decision, whether it changed something or not; `undefined` before the first one. */
  get decided(): Decided | undefined {
    if (!this.#hasDecided) return undefined;
    const { desired, excessBurstCapacity, isPanicking } = this.#class;
    return { desired, excessBurstCapacity, isPanicking, account: this.#class.account() };
  }

  /** The scale, where it comes of what Ebb has measured: what others are to be told in the scale subresource. */
  get measuredScale(): number | undefined {
    if (this.usage === undefined) return undefined;
    const account = this.#class.account();
    return account.class === 'hpa' && account.observed.usage !== null ? this.replicas.target : undefined;
  }

  /** Pods that the past asks for, acted upon or not; 0 where none is asked. */
  foretold(nowMs: number): number {
    return this.#lifting.foretold(nowMs);
  }

  /** Takes over a changed PodAutoscaler or changed settings of the cluster. */
  update(podAutoscaler: PodAutoscaler, { autoscaler, progressDeadlineMs }: ScalerSettings, nowMs: number): void {
    this.#lifecycleSpec = resolveLifecycle(podAutoscaler, autoscaler, progressDeadlineMs);
    this.#own = parseOwnScalingSettings(podAutoscaler.metadata.annotations ?? {}, autoscaler);
    this.#class.update(podAutoscaler, autoscaler, nowMs);
    this.#lifting.update(podAutoscaler, autoscaler, this.#own);
    this.replicas.onDemand = this.#own.onDemandReplicas;
    this.step(nowMs);
  }

  /** Keeps the pods there are for a stable window, while the load is being learnt anew (design: static stability). */
  hold(nowMs: number): void {
    this.#heldScale = this.replicas.count;
    this.#holdUntilMs = this.#heldScale > 0 ? nowMs + this.#lifecycleSpec.stableWindowMs : nowMs;
  }

  /** The clock was set back to `nowMs`: the load is learnt anew, and nothing that is remembered lies ahead. */
  clockWasSet(nowMs: number): void {
    this.#class.clockWasSet(nowMs);
    const { active } = this.#lifecycle;
    this.#lifecycle = { ...this.#lifecycle, active: { ...active, sinceMs: Math.min(active.sinceMs, nowMs) } };
    this.#recordedSecond = Math.floor(nowMs / 1000);
    this.hold(nowMs);
  }

  /**
   * Takes in one gateway's report. Where requests wait and no pod is ready it decides at once (autoscaling.md, section 11), and where
   * the class or a reserved pod calls for it.
   */
  record(stat: RevisionStat, report: ReportFacts, nowMs: number): void {
    const { averageConcurrency, requestCount } = stat;
    const { madeAtMs, waiting, present = waiting } = report;
    this.#class.record(madeAtMs, averageConcurrency, requestCount);
    // A line that has grown while pods were starting is no measure of what will be needed at that time of another day.
    const served = Math.max(0, averageConcurrency - stat.waiting);
    this.#lifting.record(madeAtMs, Math.min(averageConcurrency, served + requestCount), requestCount);
    this.#recordedSecond = Math.max(this.#recordedSecond, Math.floor(madeAtMs / 1000));
    this.#facts.waiting = waiting >= 0 ? waiting : 0;
    this.#facts.present = present >= 0 ? present : 0;
    const isCall = this.#facts.waiting > 0 || this.#reserve.isAlone;
    if (!isCall || nowMs - madeAtMs > freshMs) return;
    const facts = this.#look(nowMs);
    const wakesReserve = this.#reserve.isAlone && (averageConcurrency > 0 || facts.present > 0);
    if (!this.#class.isUrgent(facts) && !wakesReserve) return;
    this.#decide(facts);
    this.step(nowMs);
  }

  /** Records that there was no load in the seconds that passed without a report, while the gateways are known to be alive. */
  recordSilence(nowMs: number): void {
    const passed = Math.floor(nowMs / 1000) - 1;
    if (this.#isAsleep || this.#recordedSecond >= passed) return;
    this.#lifting.record(passed * 1000, 0, 0);
    this.#recordedSecond = passed;
    this.#facts.waiting = 0;
    this.#facts.present = 0;
    this.#class.record(passed * 1000, 0, 0);
  }

  /** Decides, unless the load is not known, and goes one step on. */
  tick(nowMs: number): void {
    if (this.#isAsleep) return;
    if (this.#context.load.hearing !== 'none') this.#decide(this.#look(nowMs));
    this.step(nowMs);
    this.replicas.deleteDrained();
  }

  /** Bounds, the way to zero and conditions, then pods. */
  step(nowMs: number): void {
    const { status } = this.#lifecycle.active;
    const want = this.#stepOnce(nowMs);
    // What follows from having become inactive needs no event here to be noticed.
    if (want === 0 && status === 'True') this.#stepOnce(nowMs);
    this.#reserve.step(this.#lifecycleSpec.reachable ? this.#own.reserveReplicas : 0);
    this.replicas.reconcile();
  }

  /** True at zero, with nothing wanted, by load or by the clock: the first report wakes it. */
  get #isAsleep(): boolean {
    return this.#class.desired === 0 && this.replicas.isAtRest && !this.#lifting.isByTheClock;
  }

  #look(nowMs: number): Facts {
    const { replicas } = this;
    const facts = this.#facts;
    facts.nowMs = nowMs;
    facts.ready = replicas.ready;
    facts.starting = Math.max(0, replicas.count - facts.ready);
    facts.usage = this.usage;
    return facts;
  }

  #decide(facts: Facts): void {
    if (this.#class.tick(facts)) this.#hasDecided = true;
  }

  /** One step; the scale that it comes to, −1 if that is not known. */
  #stepOnce(nowMs: number): number {
    const panics = this.#class.isPanicking;
    const isSettled = this.#isTimeless && this.#want === this.replicas.target && panics === this.#panicked;
    if (!this.#bring(nowMs) && isSettled) return this.#want;
    const { write, want, state, lookAgainMs } = bound(this.#bounding, boundSteps);
    const from = this.replicas.target ?? -1;
    const to = write ?? from;
    if (to !== from || panics !== this.#panicked) this.#note({ atMs: nowMs, from, to, panics });
    this.#lifecycle = state;
    this.#panicked = panics;
    this.#want = want;
    this.#isTimeless = want > 0 && lookAgainMs === undefined;
    if (write !== undefined) this.#setTarget(write);
    return want;
  }

  /** Brings what bounds the scale up to date. False if nothing of it has changed but the time. */
  #bring(atMs: number): boolean {
    const holds = atMs < this.#holdUntilMs || this.#context.load.hearing === 'some';
    const next = this.#next;
    next.atMs = atMs;
    next.desired = this.#class.desired;
    next.excessBurstCapacity = this.#class.excessBurstCapacity;
    next.ready = this.replicas.ready;
    // Nothing but its load keeps a revision up that nothing routes to.
    const { reachable } = this.#lifecycleSpec;
    next.forecast = reachable ? this.#lifting.forecastAt(atMs) : 0;
    next.upOnlyFrom = reachable && this.#lifting.isUpOnly ? Math.max(0, this.replicas.target ?? 0) : 0;
    next.held = holds ? this.#heldScale : 0;
    next.spec = this.#lifting.boundsAt(this.#lifecycleSpec, atMs);
    next.state = this.#lifecycle;
    const isSame = isSameBounding(next, this.#bounding);
    this.#next = this.#bounding;
    this.#bounding = next;
    return !isSame;
  }

  #begin(atMs: number): void {
    const { count: present } = this.replicas;
    const [spec, state] = [this.#lifecycleSpec, this.#lifecycle];
    const to = firstScale(spec, state, present);
    this.replicas.target = to;
    if (!isNew(state)) return;
    const bounding = { ...this.#bounding, atMs };
    const steps = firstSteps(to);
    this.#keep({
      atMs,
      from: -1,
      to,
      panics: false,
      account: null,
      bounding,
      begins: { present },
      steps,
      rule: 'initial-scale',
    });
  }

  #note(change: Pick<Decision, 'atMs' | 'from' | 'to' | 'panics'>): void {
    const account = this.#hasDecided ? this.#class.account() : null;
    const steps = joinSteps(this.#hasDecided ? this.#class.steps : undefined, boundSteps);
    const rule = steps.at(-1)?.rule ?? 'nothing-known';
    this.#keep({ ...change, account, bounding: { ...this.#bounding }, steps, rule });
  }

  #keep(decision: Decision): void {
    this.decisions.add(decision);
    this.#context.decided?.(decision);
  }

  #setTarget(target: number): void {
    // As with windows that were silent for their whole length: the next load is judged by itself, not thinned by old zeros.
    if (target === 0 && this.replicas.target !== 0) this.#class.forget();
    this.replicas.target = target;
  }
}
