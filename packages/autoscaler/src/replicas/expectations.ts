/** Time in which a pod that was created is to be seen; then it is taken for lost. */
const expiryMs = 30_000;

/**
 * Pods asked for and not seen yet. They count as existing, so that a decision taken meanwhile makes none twice.
 */
export class Expectations {
  readonly #pods = new Map<string, { readonly node: string; untilMs: number }>();

  get size(): number {
    return this.#pods.size;
  }

  /** A pod is being created; it is expected for as long as the call takes. */
  begin(name: string, node: string): void {
    this.#pods.set(name, { node, untilMs: Number.POSITIVE_INFINITY });
  }

  /** The call succeeded; the pod may have been seen already. */
  created(name: string, nowMs: number): void {
    const pod = this.#pods.get(name);
    if (pod) pod.untilMs = nowMs + expiryMs;
  }

  /** The pod was seen, or will never be. */
  settle(name: string): void {
    this.#pods.delete(name);
  }

  expire(nowMs: number): void {
    for (const [name, { untilMs }] of this.#pods) if (untilMs < nowMs) this.#pods.delete(name);
  }

  /** Pods expected on a node. */
  countOn(node: string): number {
    let count = 0;
    for (const pod of this.#pods.values()) if (pod.node === node) count++;
    return count;
  }
}
