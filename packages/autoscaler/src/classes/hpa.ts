import type { PodAutoscaler } from '@ebb/api';
import { type AutoscalerConfig, hpaClass, parseMetricTargets, parseScalingSettings } from '@ebb/api/autoscaler';
import { Steps } from '../decision/steps.ts';
import { MaxWindow } from '../windows/max-window.ts';
import type { HpaAccount, HpaSpec, Usage } from './account.ts';
import type { Facts, ScalingClass } from './scaling-class.ts';

/** Aimed at where nothing is annotated, in percent: Kubernetes' own default. */
const defaultCpuPercent = 80;
/** Time for which Kubernetes keeps the largest want, where nothing is annotated. */
const defaultStabilizationSeconds = 300;
/** A usage this close to the target changes nothing. */
const tolerance = 0.1;
/** On the way up: no more than the larger of these in a period. */
const upPods = 4;
const upFactor = 2;

/**
 * CPU and memory of the pods, as a HorizontalPodAutoscaler judges them (autoscaling.md, section 18): pods × usage ÷ target, within a
 * tenth nothing changes, down only as far as the largest want of the stabilization window. Never to zero. Where Ebb is not to measure,
 * or cannot, it goes by what the PodAutoscaler's scale subresource says.
 */
export class HpaClass implements ScalingClass {
  readonly isPanicking = false;
  readonly excessBurstCapacity = 0;
  readonly steps: Steps = new Steps();
  desired = -1;
  readonly #cpuRequest: number;
  #spec: HpaSpec;
  #kept: MaxWindow;
  #ready = 0;
  #usage: Usage | null = null;
  #scale: number | null;
  #carried: number | null = null;

  /** @param cpuRequest Cores that one pod requests. */
  constructor(podAutoscaler: PodAutoscaler, config: AutoscalerConfig, cpuRequest: number) {
    this.#cpuRequest = cpuRequest;
    this.#spec = resolveHpa(podAutoscaler, config, cpuRequest);
    this.#kept = new MaxWindow(this.#spec.stabilizationSeconds);
    this.#scale = podAutoscaler.spec.replicas ?? null;
  }

  update(podAutoscaler: PodAutoscaler, config: AutoscalerConfig): void {
    const spec = resolveHpa(podAutoscaler, config, this.#cpuRequest);
    if (spec.stabilizationSeconds !== this.#spec.stabilizationSeconds) {
      this.#kept = new MaxWindow(spec.stabilizationSeconds);
    }
    this.#spec = spec;
    this.#scale = podAutoscaler.spec.replicas ?? null;
  }

  record(): void {}

  /** Where a request waits and no pod is there at all, one is made; more is not known. */
  isUrgent({ waiting, ready }: Facts): boolean {
    return waiting > 0 && ready === 0;
  }

  /** Without a measure, and nobody to say otherwise, nothing is decided, but that there be one pod. */
  tick({ nowMs, ready, usage: measured }: Facts): boolean {
    const usage = this.#measures ? measured : undefined;
    const isSaid = this.#scale !== null && this.#scale > 0 && this.#scale !== this.desired;
    if ((usage === undefined || ready === 0) && this.desired >= 1 && !(usage === undefined && isSaid)) return false;
    const second = Math.floor(nowMs / 1000);
    const kept = this.#kept.maximum(second);
    this.#ready = ready;
    this.#usage = usage ?? null;
    this.#carried = kept === Number.NEGATIVE_INFINITY ? null : kept;
    this.desired = decideHpa(this.#spec, this.#observed, this.#carried, this.steps);
    if (usage) this.#kept.record(second, wantOf(this.#spec, ready, usage));
    return true;
  }

  forget(): void {
    this.#kept.clear();
  }

  clockWasSet(): void {
    this.#kept.clear();
  }

  account(): HpaAccount {
    return { class: 'hpa', spec: this.#spec, observed: this.#observed, carried: this.#carried };
  }

  get #observed(): HpaAccount['observed'] {
    return { ready: this.#ready, usage: this.#usage, scale: this.#scale };
  }

  /** False for a metric that nodes do not tell of. */
  get #measures(): boolean {
    return this.#spec.cpuPercent > 0 || this.#spec.memoryMebibytes > 0;
  }
}

function resolveHpa({ metadata }: PodAutoscaler, config: AutoscalerConfig, cpuRequest: number): HpaSpec {
  const annotations = metadata.annotations ?? {};
  const { class: className, metric, target } = parseScalingSettings(annotations, config);
  const named = className === hpaClass || metric === 'memory' ? metric : 'cpu';
  const { cpu, memory } = parseMetricTargets(annotations) ?? targetOf(named, target);
  const isWindowed = annotations['autoscaling.knative.dev/window'] !== undefined;
  const { stableWindowMs } = parseScalingSettings(annotations, config);
  return {
    cpuPercent: cpu ?? 0,
    cpuRequest,
    memoryMebibytes: memory ?? 0,
    stabilizationSeconds: isWindowed ? stableWindowMs / 1000 : defaultStabilizationSeconds,
  };
}

/** Without a target Kubernetes goes by CPU, whatever the metric. */
function targetOf(metric: string, target: number | undefined): { readonly cpu?: number; readonly memory?: number } {
  if (target === undefined) return { cpu: defaultCpuPercent };
  if (metric === 'memory') return { memory: Math.trunc(target) };
  return metric === 'cpu' ? { cpu: Math.ceil(target) } : {};
}

const mebibyte = 2 ** 20;

/** The larger of what CPU and memory ask for; of what pods do not request nothing is asked. */
function wantOf({ cpuPercent, cpuRequest, memoryMebibytes }: HpaSpec, ready: number, usage: Usage): number {
  const target = (cpuRequest * cpuPercent) / 100;
  const cpu = { used: usage.cpuCores, target, full: Math.max(cpuRequest, target) };
  const memoryTarget = memoryMebibytes * mebibyte;
  const memory = { used: usage.memoryBytes, target: memoryTarget, full: memoryTarget };
  return Math.max(wantFor(cpu, ready, usage.pods), wantFor(memory, ready, usage.pods));
}

interface Measured {
  /** By all pods that were measured. */
  readonly used: number;
  /** Per pod. */
  readonly target: number;
  /** What a pod that was not measured is taken to use where others could go. */
  readonly full: number;
}

/**
 * Pods × usage ÷ target. Pods that were not measured yet count as idle on the way up and as fully used on the way down: what was ordered
 * for a load is not ordered again before it has been measured; where they would turn the answer round, nothing changes.
 */
function wantFor({ used, target, full }: Measured, ready: number, measured: number): number {
  if (measured === 0) return ready;
  if (!(target > 0)) return 0;
  const ratio = used / measured / target;
  if (Math.abs(ratio - 1) <= tolerance) return ready;
  const missing = Math.max(0, ready - measured);
  if (missing === 0) return finiteOr(Math.ceil(ready * ratio), ready);
  const withMissing = (ratio < 1 ? used + missing * full : used) / ready / target;
  const turns = ratio < 1 !== withMissing < 1;
  return turns || Math.abs(withMissing - 1) <= tolerance ? ready : finiteOr(Math.ceil(ready * withMissing), ready);
}

const finiteOr = (value: number, byDefault: number): number => (Number.isFinite(value) ? value : byDefault);

function decideHpa(spec: HpaSpec, observed: HpaAccount['observed'], kept: number | null, steps: Steps): number {
  const { ready, usage, scale = null } = observed;
  if (!usage && scale !== null && scale > 0) {
    steps.begin('scale-subresource', scale);
    return scale;
  }
  if (!usage || ready === 0) {
    steps.begin('nothing-known', Math.max(1, ready));
    return Math.max(1, ready);
  }
  const want = wantOf(spec, ready, usage);
  steps.begin('resource-usage', want);
  const upTo = Math.max(ready * upFactor, ready + upPods);
  const limited = steps.change('max-scale-up-rate', Math.min(want, upTo));
  // Down only as far as was wanted of late, and never up for that.
  const stabilized = Math.max(limited, Math.min(kept ?? 0, ready));
  return Math.max(1, steps.change('stabilization-window', stabilized));
}

/** Takes a decision again. */
export function decideHpaAgain({ spec, observed, carried }: HpaAccount): {
  readonly desired: number;
  readonly steps: Steps;
} {
  const steps = new Steps();
  return { desired: decideHpa(spec, observed, carried, steps), steps };
}
