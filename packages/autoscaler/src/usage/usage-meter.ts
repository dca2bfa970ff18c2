import type { Usage } from '../classes/account.ts';
import type { PodSample } from './resource-metrics.ts';

/** A measure older than this says nothing of a pod. */
const staleMs = 60_000;

interface Measured {
  sample: PodSample;
  atMs: number;
  /** Cores, between the last two measures; `undefined` after the first one. */
  cores: number | undefined;
}

/** What pods use, out of what nodes count: processor time is a sum, and its growth is the use. */
export class UsageMeter {
  readonly #pods = new Map<string, Measured>();

  /** Takes in what one node said, by pod (`namespace/name`). */
  record(samples: ReadonlyMap<string, PodSample>, nowMs: number): void {
    for (const [key, sample] of samples) {
      const atMs = sample.atMs ?? nowMs;
      const before = this.#pods.get(key);
      if (before && atMs <= before.atMs) continue;
      const grown = before ? sample.cpuSeconds - before.sample.cpuSeconds : -1;
      // A sum that has become less is another one's: the container was started again.
      const cores = before && grown >= 0 ? grown / ((atMs - before.atMs) / 1000) : undefined;
      this.#pods.set(key, { sample, atMs, cores });
    }
    for (const [key, { atMs }] of this.#pods) if (nowMs - atMs > staleMs) this.#pods.delete(key);
  }

  /** What these pods use together, of those that are measured; `undefined` if none is. */
  usageOf(keys: readonly string[]): Usage | undefined {
    let [pods, cpuCores, memoryBytes] = [0, 0, 0];
    for (const key of keys) {
      const measured = this.#pods.get(key);
      if (measured?.cores === undefined) continue;
      pods++;
      cpuCores += measured.cores;
      memoryBytes += measured.sample.memoryBytes;
    }
    return pods === 0 ? undefined : { pods, cpuCores, memoryBytes };
  }
}
