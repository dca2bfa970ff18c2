import type { Pod } from '@ebb/api';
import type { Clock } from '@ebb/base';
import type { Eci } from '../eci/eci.ts';
import type { GroupUsage } from '../eci/inside.ts';
import type { NodePods } from './pod-lookup.ts';

export interface UsageOptions extends NodePods {
  readonly eci: Pick<Eci, 'usage'>;
  /** For how long figures are good enough, in milliseconds. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
}

/** What a pod of the node uses. */
export interface PodUsage {
  readonly pod: Pod;
  readonly usage: GroupUsage;
}

/** What the node's pods use, and all they ever used. */
export interface NodeUsage {
  readonly pods: readonly PodUsage[];
  /** CPU time of all pods there are and were since the node began, in nanoseconds. It never goes down. */
  readonly coreNanoseconds: number;
}

/**
 * One call tells of so many groups, and within the age of good figures there are to be no more calls than that (of an account's
 * 500 a minute, for figures of 15 s, half): the more pods, the older the figures.
 */
const groupsPerCall = 20;
const callsAnAge = 60;

/** Asks ECI what pods use, no more often than there is something new. */
export class UsageReader {
  readonly #options: UsageOptions;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<NodeUsage> | undefined;
  /** What each group had used when last asked for. */
  #last = new Map<string, number>();
  #gone = 0;

  constructor(options: UsageOptions) {
    this.#options = options;
  }

  /** Rejects with `EciError`. */
  async read(): Promise<NodeUsage> {
    const { clock, maxAgeMs } = this.#options;
    const goodMs = maxAgeMs * Math.max(1, this.#last.size / groupsPerCall / callsAnAge);
    if (!this.#reading || clock.now() - this.#readAtMs >= goodMs) {
      this.#readAtMs = clock.now();
      const reading = this.#read();
      this.#reading = reading;
      reading.catch(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    }
    return this.#reading;
  }

  async #read(): Promise<NodeUsage> {
    const { eci, pods, groupOf } = this.#options;
    const byGroup = new Map<string, Pod>();
    for (const pod of pods()) {
      const groupId = pod.status?.phase === 'Running' ? groupOf(pod) : undefined;
      if (groupId !== undefined) byGroup.set(groupId, pod);
    }
    const usages = byGroup.size === 0 ? new Map<string, GroupUsage>() : await eci.usage([...byGroup.keys()]);
    const found = [...usages].flatMap(([groupId, usage]) => {
      const pod = byGroup.get(groupId);
      return pod ? [{ pod, usage }] : [];
    });
    this.#count(usages);
    const current = [...usages.values()].reduce((sum, { group }) => sum + group.coreNanoseconds, 0);
    return { pods: found, coreNanoseconds: this.#gone + current };
  }

  /** A group that is gone, or began anew, has used all the same what it had used. */
  #count(usages: ReadonlyMap<string, GroupUsage>): void {
    for (const [groupId, nanoseconds] of this.#last) {
      const now = usages.get(groupId)?.group.coreNanoseconds;
      if (now === undefined || now < nanoseconds) this.#gone += nanoseconds;
    }
    this.#last = new Map([...usages].map(([groupId, { group }]) => [groupId, group.coreNanoseconds]));
  }
}

/** When a container began its present run, in RFC 3339. */
export function startOf({ status }: Pod, container: string): string | undefined {
  return status?.containerStatuses?.find(({ name }) => name === container)?.state?.running?.startedAt;
}
