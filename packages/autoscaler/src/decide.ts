import type { DeciderSpec } from './resolve.ts';
import { MaxWindow } from './windows/max-window.ts';

/** What a decision looks at. The caller owns it and may use it again. */
export interface Observation {
  /** Pods that run and are ready. */
  ready: number;
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
  readonly delay: MaxWindow | undefined;
  /** Pods wanted; −1 until the first decision. */
  desired: number;
  /** Requests that could come on top without harm; negative if too few. */
  excessBurstCapacity: number;
}

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
  const base = Math.max(1, observed.ready);
  const wantStable = Math.ceil(observed.stable / spec.targetValue);
  const wantPanic = Math.ceil(observed.panic / spec.targetValue);

  switchPanic(spec, wantPanic / base, state, nowMs);
  let desired = limitRate(spec, wantStable, base);
  if (isPanicking(state)) {
    desired = Math.max(desired, limitRate(spec, wantPanic, base), state.maxPanicPods);
    state.maxPanicPods = desired;
  }
  if (state.delay && spec.reachable) desired = state.delay.record(Math.floor(nowMs / 1000), desired);
  state.desired = desired;
  state.excessBurstCapacity = excessBurstCapacity(spec, observed);
}

/** Steps 2, 4 and 5: within the rates of the pods there are, then up to the activation scale if there is load. */
function limitRate(spec: DeciderSpec, want: number, base: number): number {
  const most = Math.ceil(spec.maxScaleUpRate * base);
  const least = spec.reachable ? Math.floor(base / spec.maxScaleDownRate) : 0;
  const limited = Math.min(Math.max(want, least), most, maxScale);
  const { activationScale } = spec;
  return activationScale > 1 && want > 0 && activationScale > limited ? activationScale : limited;
}

/** Step 6. `ratio` is of wanted pods, rounded up already, to ready ones: so a single pod panics just above its target. */
function switchPanic(spec: DeciderSpec, ratio: number, state: DeciderState, nowMs: number): void {
  if (ratio >= spec.panicThreshold) {
    state.panicSinceMs = nowMs;
  } else if (isPanicking(state) && state.panicSinceMs + spec.stableWindowSeconds * 1000 < nowMs) {
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
