import { type PodAutoscaler, keyOf } from '@ebb/api';
import type { Logger } from '@ebb/base';
import { goodAnnotations } from './good-annotations.ts';
import type { ScalerSettings } from './scaler-context.ts';

/** PodAutoscalers as they can be gone by: with annotations that are in range, by `namespace/name`. */
export class Accepted {
  readonly #annotations = new Map<string, Readonly<Record<string, string>>>();
  readonly #complaints = new Map<string, string>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Takes in a PodAutoscaler; where an annotation is wrong that is logged, once, and the last good ones stay. */
  accept(podAutoscaler: PodAutoscaler, { autoscaler }: ScalerSettings): PodAutoscaler {
    const key = keyOf(podAutoscaler);
    const lastGood = this.#annotations.get(key);
    const { annotations, complaint } = goodAnnotations(podAutoscaler, autoscaler, lastGood);
    if (complaint !== undefined && complaint !== this.#complaints.get(key)) {
      const what = lastGood ? 'annotations are wrong; the last good ones stay' : 'annotations are wrong and left out';
      this.#logger.warn({ podAutoscaler: key, error: complaint }, what);
    }
    if (complaint === undefined) this.#complaints.delete(key);
    else this.#complaints.set(key, complaint);
    this.#annotations.set(key, annotations);
    return { ...podAutoscaler, metadata: { ...podAutoscaler.metadata, annotations: { ...annotations } } };
  }

  forget(key: string): void {
    this.#annotations.delete(key);
    this.#complaints.delete(key);
  }
}
