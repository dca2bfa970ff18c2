import { type Backend, hasRoom, slotsTaken } from './backend.ts';

/** The instances of one revision by the names of their pods, and what can be read off them. */
export class Instances extends Map<string, Backend> {
  readonly #namespace: string;

  constructor(namespace: string) {
    super();
    this.#namespace = namespace;
  }

  /** Requests by pod name, only pods that have any. */
  inFlightByPod(): Record<string, number> {
    const pods: Record<string, number> = {};
    for (const { name, inFlight } of this.values()) if (inFlight > 0) pods[name] = inFlight;
    return pods;
  }

  /** One that is ready, has room, and whose pod is wanted. */
  preferred(prefers: (podName: string) => boolean): Backend | undefined {
    for (const backend of this.values()) {
      if (backend.state === 'ready' && hasRoom(backend) && prefers(backend.name)) return backend;
    }
    return undefined;
  }

  /** Whether one is ready whose pod is wanted. */
  hasReady(isWanted: (podName: string) => boolean): boolean {
    for (const { name, state } of this.values()) if (state === 'ready' && isWanted(name)) return true;
    return false;
  }

  /** Pods that may be given requests, now or soon. */
  *usablePods(): Generator<string> {
    for (const { name, state } of this.values()) if (state === 'ready' || state === 'starting') yield name;
  }

  /** True if any slot of those is this gateway's. */
  get hasShare(): boolean {
    for (const { state, limit } of this.values())
      if (limit > 0 && (state === 'ready' || state === 'starting')) return true;
    return false;
  }

  /**
   * Pods of which more slots are taken, by this gateway's account, than `share` has it.
   * @param limit The container concurrency; 0 is any number.
   */
  *overUsed(share: (pod: string, containerConcurrency: number) => number, limit: number): Generator<string> {
    if (limit === 0) return;
    for (const backend of this.values()) {
      const taken = slotsTaken(backend);
      const pod = `${this.#namespace}/${backend.name}`;
      if (taken > 0 && taken > share(pod, limit)) yield pod;
    }
  }

  get isDraining(): boolean {
    for (const { state } of this.values()) if (state === 'draining') return true;
    return false;
  }

  /** Pods that drain and have no request left. */
  *drained(): Generator<string> {
    for (const { name, state, inFlight } of this.values()) {
      if (state === 'draining' && inFlight === 0) yield `${this.#namespace}/${name}`;
    }
  }
}
