import type { PodAutoscaler } from '@ebb/api';
import {
  type AutoscalerConfig,
  type OwnScalingSettings,
  type Schedule,
  alibabaClasses,
  parseSchedule,
} from '@ebb/api/autoscaler';
import { classNameOf } from './classes/create-class.ts';
import type { LoadHistory } from './history/load-history.ts';
import { type LifecycleSpec, withSchedule, withTimeseries } from './lifecycle/spec.ts';
import { type DeciderSpec, resolveSpec } from './resolve.ts';

/** A schedule kept elsewhere, which may change at any time; `undefined` while there is none. */
export type ScheduleSource = () => Schedule | undefined;

/** Where the bounds beyond annotations come from. */
export interface LiftingSources {
  /** The recorded load of past weeks; asked for only where a forecast is. */
  readonly history?: (() => LoadHistory) | undefined;
  /** The schedule of class `ppa`. */
  readonly timeseries?: ScheduleSource | undefined;
}

const minuteMs = 60_000;

/** What raises a scale, or bounds it, besides the load: the clock, the past, and a class that never goes down. */
export class Lifting {
  readonly #sources: LiftingSources;
  #own: OwnScalingSettings;
  #className = '';
  /** What tells pods from load; only where a forecast is asked for. */
  #spec: DeciderSpec | undefined;
  #schedule: Schedule | undefined;
  #history: LoadHistory | undefined;
  /** The last forecast, and the minute it is of. */
  #forecast = 0;
  #forecastMinute = Number.NaN;
  /** The bounds last computed, what of, and the second of it. */
  #bounds: LifecycleSpec | undefined;
  #boundsOf: LifecycleSpec | undefined;
  #boundsSecond = Number.NaN;

  constructor(own: OwnScalingSettings, sources: LiftingSources) {
    this.#sources = sources;
    this.#own = own;
  }

  /** Takes over changed annotations. */
  update(podAutoscaler: PodAutoscaler, config: AutoscalerConfig, own: OwnScalingSettings): void {
    this.#own = own;
    this.#className = classNameOf(podAutoscaler, config);
    this.#schedule = own.schedule === undefined ? undefined : parseSchedule(own.schedule, own.scheduleTimeZone);
    const foretells = this.#className === alibabaClasses.ahpa || own.predictive !== undefined;
    this.#history = foretells ? this.#sources.history?.() : undefined;
    this.#spec = this.#history ? resolveSpec(podAutoscaler, config) : undefined;
    this.#forecastMinute = Number.NaN;
    this.#boundsSecond = Number.NaN;
  }

  /** True if the class never takes pods away. */
  get isUpOnly(): boolean {
    return this.#className === alibabaClasses.spa;
  }

  /** True if the clock alone can raise the scale. */
  get isByTheClock(): boolean {
    return this.#schedule !== undefined || this.#sources.timeseries !== undefined || this.#history !== undefined;
  }

  /** Records the load that later forecasts are made of. */
  record(atMs: number, concurrency: number, requests: number): void {
    const load = this.#spec?.metric === 'rps' ? requests : concurrency;
    if (load >= 0 && load < Number.POSITIVE_INFINITY) this.#history?.record(atMs, load);
  }

  /** Pods that the past asks for; 0 where it is only to be told, or nothing is known. */
  forecastAt(nowMs: number): number {
    return this.#own.predictive === 'auto' ? this.foretold(nowMs) : 0;
  }

  /** Pods that the past asks for, acted upon or not. */
  foretold(nowMs: number): number {
    if (!this.#history || !this.#spec) return 0;
    const minute = Math.floor(nowMs / minuteMs);
    if (minute === this.#forecastMinute) return this.#forecast;
    const { predictiveLeadTimeMs: leadMs, predictiveQuantile: quantile } = this.#own;
    const load = this.#history.forecast(nowMs, { leadMs, quantile }) ?? 0;
    this.#forecastMinute = minute;
    this.#forecast = Math.min(Math.ceil(load / this.#spec.targetValue), 2 ** 31 - 1);
    return this.#forecast;
  }

  /** The revision's bounds under the schedules in force. */
  boundsAt(spec: LifecycleSpec, nowMs: number): LifecycleSpec {
    const { timeseries } = this.#sources;
    if (!this.#schedule && !timeseries) return spec;
    const second = Math.floor(nowMs / 1000);
    if (this.#bounds && spec === this.#boundsOf && second === this.#boundsSecond) return this.#bounds;
    this.#boundsOf = spec;
    this.#boundsSecond = second;
    const scheduled = withSchedule(spec, this.#schedule?.boundsAt(nowMs));
    this.#bounds = withTimeseries(scheduled, timeseries?.()?.boundsAt(nowMs));
    return this.#bounds;
  }
}
