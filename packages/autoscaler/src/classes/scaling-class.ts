import type { PodAutoscaler } from '@ebb/api';
import type { AutoscalerConfig } from '@ebb/api/autoscaler';
import type { Steps } from '../decision/steps.ts';
import type { ClassAccount, Usage } from './account.ts';

/** What a class looks at besides the load it was told of. The caller owns it and uses it again. */
export interface Facts {
  readonly nowMs: number;
  /** Pods that run, are ready, and stay. */
  readonly ready: number;
  /** Pods on their way to that. */
  readonly starting: number;
  /** Requests waiting for an instance at this moment, over all gateways. */
  readonly waiting: number;
  /** Requests at the gateways at this moment, waiting ones included. */
  readonly present: number;
  /** Last measured; `undefined` if it is not known. */
  readonly usage: Usage | undefined;
}

/** What decides how many pods a revision's load needs: one of the classes. Pure: time and everything seen are arguments. */
export interface ScalingClass {
  /** Pods wanted; −1 until the first decision. */
  readonly desired: number;
  /** Requests that could come on top without harm; negative if too few. */
  readonly excessBurstCapacity: number;
  /** How the last decision came about. */
  readonly steps: Steps;
  /** True while only more pods are given, never fewer. */
  readonly isPanicking: boolean;
  /** Takes over changed annotations or settings of the cluster. */
  update(podAutoscaler: PodAutoscaler, config: AutoscalerConfig, nowMs: number): void;
  /** Adds the load of one second: average of requests present, and requests that came. */
  record(atMs: number, concurrency: number, requests: number): void;
  /** True if this cannot wait for the next tick. */
  isUrgent(facts: Facts): boolean;
  /** Decides. False, with nothing changed, if what it takes is not known. */
  tick(facts: Facts): boolean;
  /** Forgets the load: what comes next stands by itself. */
  forget(): void;
  /** The clock was set back to `nowMs`: nothing that is remembered may lie ahead of it. */
  clockWasSet(nowMs: number): void;
  /** All that the last decision stood on: with it alone the decision can be taken again. */
  account(): ClassAccount;
}
