import { type Rule, Steps } from './decision/steps.ts';
import type { DeciderSpec } from './resolve.ts';
import { MaxWindow } from './windows/max-window.ts';

/** What a decision looks at. The caller owns it and may use it again. */
export interface Observation {
  /** Pods that run and are ready. */
  ready: number;
  /** Pods on their way to that; they count only where the revision asks for it. Default 0. */
  starting?: number;
  /** Requests that wait at this moment; both averages are no less. Default 0. */
  waiting?: number;
  /** Average load over the stable window, in the metric's unit. */
  stable: number;
  /** Average load over the panic window. */
  panic: number;
}

/** What is carried from one decision to the next, and the last decision. Changed in place: a decision allocates nothing. */
export interface DeciderState {
  /** Last time the load was over the panic threshold, in milliseconds since the epoch; −Infinity outside panic. */
  panicSinceMs: number;
  /** Least scale during panic. */
  maxPanicPods: number;
  /** The scale-down delay. It keeps the length it was created with. */
  readonly delay: DelayWindow | undefined;
  /** Pods wanted; −1 until the first decision. */
  desired: number;
  /** Requests that could come on top without harm; negative if too few. */
  excessBurstCapacity: number;
  /** Pods that the averages asked for by themselves. */
  wantStable: number;
  wantPanic: number;
  /** How `desired` came about. */
  readonly steps: Steps;
}

/** The largest of the values recorded within a time; see `MaxWindow`. */
export type DelayWindow = Pick<MaxWindow, 'record' | 'maximum' | 'clear'>;

const notInPanic = Number.NEGATIVE_INFINITY;
/** A scale is a 32-bit integer. */
const maxScale = 2 ** 31 - 1;

/** The state at creation: with more than one pod ready it begins in panic, so that a restart lets no pod go (section 8). */
export function createState(spec: DeciderSpec, ready: number, nowMs: number): DeciderState {
  return {
    panicSinceMs: ready > 1 ? nowMs : notInPanic,
    maxPanicPods: ready,
    delay: spec.scaleDownDelaySeconds > 0 ? new MaxWindow(spec.scaleDownDelaySeconds) : undefined,
    desired: -1,
    excessBurstCapacity: initialBurstCapacity(spec),
    wantStable: 0,
    wantPanic: 0,
    steps: new Steps(),
  };
}

/** The clock was set back to `nowMs`: panic lasts from now at the latest, and the scale-down delay begins anew. */
export function clockWasSet(state: DeciderState, nowMs: number): void {
  if (isPanicking(state)) state.panicSinceMs = Math.min(state.panicSinceMs, nowMs);
  state.delay?.clear();
}

/** True while only more pods are given, never fewer. */
export function isPanicking({ panicSinceMs }: DeciderState): boolean {
  return panicSinceMs !== notInPanic;
}

/**
 * Decides how many pods there should be (autoscaling.md, section 8), into `state`. To be called only with averages that are known:
 * a tick without data leaves everything as it was.
 */
export function decide(spec: DeciderSpec, observed: Observation, state: DeciderState, nowMs: number): void {
  const { steps } = state;
  const { ready, starting = 0, waiting = 0 } = observed;
  const base = Math.max(1, spec.ebb?.countStartingPods ? ready + starting : ready);
  const wantStable = Math.ceil(observed.stable / spec.targetValue);
  const wantPanic = Math.ceil(observed.panic / spec.targetValue);
  state.wantStable = wantStable;
  state.wantPanic = wantPanic;

  switchPanic(spec, base, state, nowMs);
  const panics = isPanicking(state);
  const byPanic = panics && limited(spec, wantPanic, base) > limited(spec, wantStable, base);
  const average = byPanic ? observed.panic : observed.stable;
  const want = byPanic ? wantPanic : wantStable;
  steps.begin(waiting > 0 && waiting === average ? 'waiting-requests' : originOf(byPanic), want);
  let desired = limitRate(spec, want, base, steps);
  if (panics) {
    desired = steps.change('panic-floor', Math.max(desired, state.maxPanicPods));
    state.maxPanicPods = desired;
  }
  if (state.delay && spec.reachable) {
    desired = steps.change('scale-down-delay', state.delay.record(Math.floor(nowMs / 1000), desired));
  }
  // Of a rate one cannot tell how many requests wait; one pod they need in any case.
  state.desired = waiting > 0 ? steps.change('waiting-requests', Math.max(desired, 1)) : desired;
  state.excessBurstCapacity = excessBurstCapacity(spec, observed);
}

/** What a decision depends on besides the settings and what was seen. Plain numbers: `null` stands for none. */
export interface Carried {
  readonly panicSinceMs: number | null;
  readonly maxPanicPods: number;
  /** What the scale-down delay holds of earlier decisions. */
  readonly delayed: number | null;
}

/** Takes a decision again: the state as it was, then `decide`. */
export function decideAgain(spec: DeciderSpec, observed: Observation, carried: Carried, nowMs: number): DeciderState {
  const held = carried.delayed ?? Number.NEGATIVE_INFINITY;
  const state: DeciderState = {
    ...createState(spec, 0, nowMs),
    panicSinceMs: carried.panicSinceMs ?? notInPanic,
    maxPanicPods: carried.maxPanicPods,
    delay: { record: (_second, value) => Math.max(held, value), maximum: () => held, clear: () => {} },
  };
  decide(spec, observed, state, nowMs);
  return state;
}

const originOf = (byPanic: boolean): Rule => (byPanic ? 'panic-average' : 'stable-average');

/** Steps 2, 4 and 5: within the rates of the pods there are, then up to the activation scale if there is load. */
function limitRate(spec: DeciderSpec, want: number, base: number, steps: Steps): number {
  const atLeast = steps.change('max-scale-down-rate', Math.max(want, leastOf(spec, base)));
  const atMost = steps.change('max-scale-up-rate', Math.min(atLeast, mostOf(spec, base)));
  return steps.change('activation-scale', activated(spec, want, atMost));
}

/** The same, without an account of it. */
function limited(spec: DeciderSpec, want: number, base: number): number {
  return activated(spec, want, Math.min(Math.max(want, leastOf(spec, base)), mostOf(spec, base)));
}

function activated({ activationScale }: DeciderSpec, want: number, scale: number): number {
  return activationScale > 1 && want > 0 && activationScale > scale ? activationScale : scale;
}

function leastOf({ reachable, maxScaleDownRate }: DeciderSpec, base: number): number {
  return reachable ? Math.floor(base / maxScaleDownRate) : 0;
}

function mostOf({ maxScaleUpRate }: DeciderSpec, base: number): number {
  return Math.min(Math.ceil(maxScaleUpRate * base), maxScale);
}

/**
 * Step 6. The pods wanted are rounded up before they are compared with those there are: so a single pod panics just above its target.
 * In the original panic ends a stable window after the threshold was last crossed, even in the midst of a rise that the pods just
 * keep up with; `panicWhileRising` lets it last while the short average asks for more than the long one.
 */
function switchPanic(spec: DeciderSpec, base: number, state: DeciderState, nowMs: number): void {
  if (state.wantPanic / base >= spec.panicThreshold) {
    state.panicSinceMs = nowMs;
  } else if (isPanicking(state) && state.panicSinceMs + spec.stableWindowSeconds * 1000 < nowMs) {
    if (spec.ebb?.panicWhileRising && state.wantPanic > state.wantStable) return;
    state.panicSinceMs = notInPanic;
    state.maxPanicPods = 0;
  }
}

/** Section 10: what all pods can take, less the burst to be ready for, less the present load. */
function excessBurstCapacity({ targetBurstCapacity, totalValue }: DeciderSpec, { ready, panic }: Observation): number {
  if (targetBurstCapacity === 0) return 0;
  return targetBurstCapacity < 0 ? -1 : Math.floor(ready * totalValue - targetBurstCapacity - panic);
}

function initialBurstCapacity({ targetBurstCapacity, totalValue, initialScale }: DeciderSpec): number {
  return targetBurstCapacity <= 0 ? targetBurstCapacity : Math.trunc(initialScale * totalValue - targetBurstCapacity);
}
