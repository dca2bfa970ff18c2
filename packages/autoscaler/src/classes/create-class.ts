import type { PodAutoscaler } from '@ebb/api';
import { type AutoscalerConfig, alibabaClasses, hpaClass, kpaClass, parseScalingSettings } from '@ebb/api/autoscaler';
import type { Steps } from '../decision/steps.ts';
import type { ClassAccount } from './account.ts';
import { HpaClass, decideHpaAgain } from './hpa.ts';
import { KpaClass, decideKpaAgain } from './kpa.ts';
import { PreciseClass, decidePreciseAgain } from './precise.ts';
import type { ScalingClass } from './scaling-class.ts';

/** What a class has to know at its start. */
export interface ClassStart {
  /** Pods ready at this moment. */
  readonly ready: number;
  /** Cores that one pod requests. */
  readonly cpuRequest: number;
  readonly nowMs: number;
}

type Create = (podAutoscaler: PodAutoscaler, config: AutoscalerConfig, start: ClassStart) => ScalingClass;

const kpa: Create = (podAutoscaler, config, { ready, nowMs }) => new KpaClass(podAutoscaler, config, ready, nowMs);
const hpa: Create = (podAutoscaler, config, { cpuRequest }) => new HpaClass(podAutoscaler, config, cpuRequest);
const precise: Create = (podAutoscaler, config) => new PreciseClass(podAutoscaler, config);

/** What decides, by the name of the class. What else a class brings with it is bounds: schedule, forecast, up only. */
const classes: ReadonlyMap<string, Create> = new Map([
  ['', kpa],
  [kpaClass, kpa],
  [alibabaClasses.spa, kpa],
  [alibabaClasses.ahpa, kpa],
  [hpaClass, hpa],
  [alibabaClasses.ppa, hpa],
  [alibabaClasses.mpa, precise],
]);

/** The class a PodAutoscaler asks for; the cluster's if it asks for none. */
export function classNameOf({ metadata }: PodAutoscaler, config: AutoscalerConfig): string {
  return parseScalingSettings(metadata.annotations ?? {}, config).class;
}

/** True if there is such a class here; PodAutoscalers of others are left alone. */
export function isOurClass(name: string): boolean {
  return classes.has(name);
}

/** The decider of a PodAutoscaler's class; of the KPA if there is no such class. */
export function createClass(podAutoscaler: PodAutoscaler, config: AutoscalerConfig, start: ClassStart): ScalingClass {
  return (classes.get(classNameOf(podAutoscaler, config)) ?? kpa)(podAutoscaler, config, start);
}

/** Takes a decision again. */
export function decideClassAgain(account: ClassAccount): { readonly desired: number; readonly steps: Steps } {
  switch (account.class) {
    case 'kpa':
      return decideKpaAgain(account);
    case 'hpa':
      return decideHpaAgain(account);
    case 'precise':
      return decidePreciseAgain(account);
  }
}
