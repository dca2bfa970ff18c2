import { type Pod, keyOf } from '@ebb/api';
import type { Clock } from '@ebb/base';
import type { PodEvent } from './pod-event.ts';

interface Refusal {
  /** The pod as it was refused. */
  readonly asked: string;
  restUntilMs: number;
  /** What was last told of it, and when. */
  told: string;
  toldAtMs: number;
}

/** What is still so is told again after this time. */
const tellAgainMs = 60_000;

/** Pods that were refused, by key: they rest for a while, unless they change, and what they wait for is told once a minute. */
export class Refusals {
  readonly #clock: Clock;
  readonly #byKey = new Map<string, Refusal>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the pod is still to rest, in milliseconds; 0 if it is to be tried. */
  restMs(pod: Pod): number {
    const refusal = this.#byKey.get(keyOf(pod));
    if (!refusal || refusal.asked !== textOf(pod)) return 0;
    return Math.max(0, refusal.restUntilMs - this.#clock.now());
  }

  /** Has a pod rest. */
  rest(pod: Pod, ms: number): void {
    const refusal = this.#of(pod);
    this.#byKey.set(keyOf(pod), { ...refusal, asked: textOf(pod), restUntilMs: this.#clock.now() + ms });
  }

  /** Of what is to be told of a refusal, what is news. */
  news(pod: Pod, events: readonly PodEvent[]): readonly PodEvent[] {
    const refusal = this.#of(pod);
    const told = JSON.stringify(events);
    const nowMs = this.#clock.now();
    if (told === refusal.told && nowMs - refusal.toldAtMs < tellAgainMs) return [];
    this.#byKey.set(keyOf(pod), { ...refusal, told, toldAtMs: nowMs });
    return events;
  }

  /** The pod is to be tried at once. */
  wake(key: string): void {
    const refusal = this.#byKey.get(key);
    if (refusal) refusal.restUntilMs = 0;
  }

  /** The pod is gone, or was served. */
  forget(key: string): void {
    this.#byKey.delete(key);
  }

  #of(pod: Pod): Refusal {
    return this.#byKey.get(keyOf(pod)) ?? { asked: '', restUntilMs: 0, told: '', toldAtMs: 0 };
  }
}

/** The pod, with all that a person may mend of it. */
function textOf({ metadata: { uid, annotations, labels }, spec }: Pod): string {
  return JSON.stringify([uid, annotations, labels, spec]);
}
