import type { PodAutoscaler } from '@ebb/api';
import { type AutoscalerConfig, parseScalingSettings } from '@ebb/api/autoscaler';
import { Steps } from '../decision/steps.ts';
import { MaxWindow } from '../windows/max-window.ts';
import type { PreciseAccount, PreciseSpec } from './account.ts';
import type { Facts, ScalingClass } from './scaling-class.ts';

/**
 * Exactly as many pods as the requests that are present need, at once: requests ÷ containerConcurrency (serverless-node.md, section
 * 4.2, `mpa` and event gateway). No averages on the way up. On the way down the largest want of a stable window stays (of the
 * scale-down delay, where one is set), so that pods do not go between two requests.
 */
export class PreciseClass implements ScalingClass {
  readonly isPanicking = false;
  readonly steps: Steps = new Steps();
  desired = -1;
  #spec: PreciseSpec;
  #kept: MaxWindow;
  #present = 0;
  #carried: number | null = null;

  constructor(podAutoscaler: PodAutoscaler, config: AutoscalerConfig) {
    this.#spec = resolvePrecise(podAutoscaler, config);
    this.#kept = new MaxWindow(this.#spec.keepSeconds);
  }

  get excessBurstCapacity(): number {
    return Math.max(0, this.desired) * this.#spec.perPod - this.#present;
  }

  update(podAutoscaler: PodAutoscaler, config: AutoscalerConfig): void {
    const spec = resolvePrecise(podAutoscaler, config);
    if (spec.keepSeconds !== this.#spec.keepSeconds) this.#kept = new MaxWindow(spec.keepSeconds);
    this.#spec = spec;
  }

  record(): void {}

  /** Each request that waits is a pod's worth of it. */
  isUrgent({ waiting }: Facts): boolean {
    return waiting > 0;
  }

  tick({ nowMs, present }: Facts): boolean {
    const second = Math.floor(nowMs / 1000);
    const kept = this.#kept.maximum(second);
    this.#present = present;
    this.#carried = kept === Number.NEGATIVE_INFINITY ? null : kept;
    this.desired = decidePrecise(this.#spec, present, this.#carried, this.steps);
    this.#kept.record(second, wantOf(this.#spec, present));
    return true;
  }

  forget(): void {
    this.#kept.clear();
  }

  clockWasSet(): void {
    this.#kept.clear();
  }

  account(): PreciseAccount {
    return { class: 'precise', spec: this.#spec, observed: { present: this.#present }, carried: this.#carried };
  }
}

function resolvePrecise({ metadata, spec }: PodAutoscaler, config: AutoscalerConfig): PreciseSpec {
  const settings = parseScalingSettings(metadata.annotations ?? {}, config);
  const perPod = spec.containerConcurrency || settings.target || config.containerConcurrencyTargetDefault;
  const keepMs = settings.scaleDownDelayMs || settings.stableWindowMs;
  return { perPod: perPod >= 1 ? perPod : 1, keepSeconds: Math.ceil(keepMs / 1000) };
}

function wantOf({ perPod }: PreciseSpec, present: number): number {
  return Math.min(Math.ceil(present / perPod), 2 ** 31 - 1);
}

function decidePrecise(spec: PreciseSpec, present: number, kept: number | null, steps: Steps): number {
  const want = wantOf(spec, present);
  steps.begin('requests-present', want);
  return steps.change('scale-down-delay', Math.max(want, kept ?? 0));
}

/** Takes a decision again. */
export function decidePreciseAgain({ spec, observed, carried }: PreciseAccount): {
  readonly desired: number;
  readonly steps: Steps;
} {
  const steps = new Steps();
  return { desired: decidePrecise(spec, observed.present, carried, steps), steps };
}
