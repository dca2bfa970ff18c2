import type { PodAutoscaler } from '@ebb/api';
import {
  type AutoscalerConfig,
  type ScalingSettings,
  type ScheduledBounds,
  parseScalingSettings,
} from '@ebb/api/autoscaler';

/** What bounds the scale of a revision, and how it goes to zero. Times in milliseconds. */
export interface LifecycleSpec {
  /** False once nothing routes to the revision: then its minimum, initial scale and retention no longer count. */
  readonly reachable: boolean;
  readonly minScale: number;
  /** 0: none. */
  readonly maxScale: number;
  readonly initialScale: number;
  readonly enableScaleToZero: boolean;
  /** How long a revision stays active at least. */
  readonly stableWindowMs: number;
  /** Longest wait for the network before the last pod goes. */
  readonly gracePeriodMs: number;
  /** Least time the last pod stays after the revision became inactive. */
  readonly retentionMs: number;
  /** Time to become active before the attempt is given up. */
  readonly activationTimeoutMs: number;
  /** Whether the way through an activator is to be probed before the last pod goes. */
  readonly probesActivator: boolean;
  /** Which of the bounds come from a schedule at present; absent if none does. */
  readonly scheduled?: { readonly min: boolean; readonly max: boolean };
}

/** The bounds under a schedule: it lifts the floor, and its ceiling takes the place of the revision's. */
export function withSchedule(spec: LifecycleSpec, bounds: ScheduledBounds | undefined): LifecycleSpec {
  if (!bounds || !spec.reachable) return spec;
  const maxScale = bounds.max || spec.maxScale;
  const scheduled = { min: bounds.min > spec.minScale, max: bounds.max > 0 };
  return { ...spec, minScale: Math.max(spec.minScale, bounds.min), maxScale, scheduled };
}

/**
 * The bounds under a timeseries of Alibaba's. Documented are floor = min(minScale, scheduled) and ceiling = max(maxScale, scheduled),
 * by which a schedule could never lift a floor that is set. Here it does: the scheduled figure is the floor, be it above or below
 * minScale, and the ceiling is as documented.
 */
export function withTimeseries(spec: LifecycleSpec, bounds: ScheduledBounds | undefined): LifecycleSpec {
  if (!bounds || !spec.reachable) return spec;
  const maxScale = spec.maxScale === 0 ? 0 : Math.max(spec.maxScale, bounds.max);
  return { ...spec, minScale: bounds.min, maxScale, scheduled: { min: true, max: maxScale > spec.maxScale } };
}

/** Time beyond the progress deadline that activation is given (autoscaling.md, section 14). */
const activationSlackMs = 30_000;

/** The parameters of a PodAutoscaler's life. `progressDeadlineMs` is the cluster's. */
export function resolveLifecycle(
  { metadata, spec }: PodAutoscaler,
  config: AutoscalerConfig,
  progressDeadlineMs: number,
): LifecycleSpec {
  const settings: ScalingSettings = parseScalingSettings(metadata.annotations ?? {}, config);
  const reachable = spec.reachability !== 'Unreachable';
  return {
    reachable,
    minScale: reachable ? settings.minScale : 0,
    maxScale: settings.maxScale,
    initialScale: settings.initialScale,
    enableScaleToZero: config.enableScaleToZero,
    stableWindowMs: settings.stableWindowMs,
    gracePeriodMs: config.scaleToZeroGracePeriodMs,
    retentionMs: reachable ? settings.retentionMs : 0,
    activationTimeoutMs: (settings.progressDeadlineMs ?? progressDeadlineMs) + activationSlackMs,
    probesActivator: settings.targetBurstCapacity !== -1,
  };
}
