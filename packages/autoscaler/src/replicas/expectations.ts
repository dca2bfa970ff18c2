import type { PodKind } from './replica-control.ts';

/** Time in which a pod that was created is to be seen; then it is taken for lost. */
const expiryMs = 30_000;

/** What a pod on its way will be. */
interface Expected {
  readonly node: string;
  readonly kind: PodKind;
}

/**
 * Pods asked for and not seen yet. They count as existing, so that a decision taken meanwhile makes none twice.
 */
export class Expectations {
  readonly #pods = new Map<string, Expected & { untilMs: number }>();
  readonly #onNode = new Map<string, number>();
  readonly #ofKind: Record<PodKind, number> = { standard: 0, spot: 0, reserve: 0 };

  get size(): number {
    return this.#pods.size;
  }

  /** Pods expected of a kind. */
  count(kind: PodKind): number {
    return this.#ofKind[kind];
  }

  /** Pods expected on a node. */
  countOn(node: string): number {
    return this.#onNode.get(node) ?? 0;
  }

  /** A pod is being created; it is expected for as long as the call takes. */
  begin(name: string, { node, kind }: Expected): void {
    this.#pods.set(name, { node, kind, untilMs: Number.POSITIVE_INFINITY });
    this.#change({ node, kind }, 1);
  }

  /** The call succeeded; the pod may have been seen already. */
  created(name: string, nowMs: number): void {
    const pod = this.#pods.get(name);
    if (pod) pod.untilMs = nowMs + expiryMs;
  }

  /** The pod was seen, or will never be. */
  settle(name: string): void {
    const pod = this.#pods.get(name);
    if (!pod) return;
    this.#pods.delete(name);
    this.#change(pod, -1);
  }

  expire(nowMs: number): void {
    if (this.#pods.size === 0) return;
    for (const [name, { untilMs }] of this.#pods) if (untilMs < nowMs) this.settle(name);
  }

  #change({ node, kind }: Expected, by: 1 | -1): void {
    this.#ofKind[kind] += by;
    this.#onNode.set(node, this.countOn(node) + by);
  }
}
