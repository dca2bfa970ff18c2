import type { ReplicaControl } from './replicas/replica-control.ts';

/**
 * The reserved instance (serverless-node.md, section 4.1): at idle, in the place of the last pod, a small one stays. It serves the first
 * request while a standard pod starts, and goes when that is ready; on the way back the standard pod goes when it is ready.
 */
export class Reserve {
  readonly #replicas: ReplicaControl;
  #wanted = 0;

  constructor(replicas: ReplicaControl) {
    this.#replicas = replicas;
  }

  /** True if nothing but reserved pods is wanted: any request calls for a standard one. */
  get isAlone(): boolean {
    return this.#wanted > 0 && this.#replicas.target === 0;
  }

  /** Brings the reserved pods in line with the standard ones. `wanted`: how many there are to be at idle. */
  step(wanted: number): void {
    const replicas = this.#replicas;
    this.#wanted = wanted;
    if (replicas.target === 0) {
      replicas.reserve = wanted;
      replicas.keep = wanted > 0 && replicas.reserveReady === 0 && replicas.ready > 0 ? 1 : 0;
    } else {
      // Before the first standard pod is ready the reserved ones stay; none is made for it.
      replicas.reserve = replicas.ready > 0 ? 0 : Math.min(wanted, replicas.reserve);
      replicas.keep = 0;
    }
  }
}
