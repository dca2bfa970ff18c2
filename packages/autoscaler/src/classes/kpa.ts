import type { PodAutoscaler } from '@ebb/api';
import type { AutoscalerConfig } from '@ebb/api/autoscaler';
import { decideAgain, isPanicking } from '../decide.ts';
import { Decider } from '../decider.ts';
import type { Steps } from '../decision/steps.ts';
import { resolveSpec } from '../resolve.ts';
import type { KpaAccount } from './account.ts';
import type { Facts, ScalingClass } from './scaling-class.ts';

/** Knative's own class: averages of concurrency or of requests a second, by a target (autoscaling.md, section 8). */
export class KpaClass implements ScalingClass {
  readonly #decider: Decider;
  #atMs: number;

  /** @param ready Pods ready at this moment. */
  constructor(podAutoscaler: PodAutoscaler, config: AutoscalerConfig, ready: number, nowMs: number) {
    this.#decider = new Decider(resolveSpec(podAutoscaler, config), ready, nowMs);
    this.#atMs = nowMs;
  }

  get desired(): number {
    return this.#decider.state.desired;
  }

  get excessBurstCapacity(): number {
    return this.#decider.state.excessBurstCapacity;
  }

  get steps(): Steps {
    return this.#decider.state.steps;
  }

  get isPanicking(): boolean {
    return isPanicking(this.#decider.state);
  }

  update(podAutoscaler: PodAutoscaler, config: AutoscalerConfig, nowMs: number): void {
    this.#decider.update(resolveSpec(podAutoscaler, config), nowMs);
  }

  record(atMs: number, concurrency: number, requests: number): void {
    this.#decider.record(atMs, concurrency, requests);
  }

  /** Where a request waits and no pod is ready (section 11). */
  isUrgent({ waiting, ready }: Facts): boolean {
    return waiting > 0 && ready === 0;
  }

  tick({ nowMs, ready, waiting, starting }: Facts): boolean {
    const decided = this.#decider.tick(ready, nowMs, ready > 0 ? 0 : waiting, starting);
    if (decided) this.#atMs = nowMs;
    return decided;
  }

  forget(): void {
    this.#decider.forget();
  }

  clockWasSet(nowMs: number): void {
    this.#decider.clockWasSet(nowMs);
  }

  account(): KpaAccount {
    const { spec, observed, carried } = this.#decider;
    return { class: 'kpa', atMs: this.#atMs, spec, observed: { ...observed }, carried };
  }
}

/** Takes a decision again. */
export function decideKpaAgain(account: KpaAccount): { readonly desired: number; readonly steps: Steps } {
  return decideAgain(account.spec, account.observed, account.carried, account.atMs);
}
