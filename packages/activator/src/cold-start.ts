/** When an instance came how far, in milliseconds since the epoch; what is not known is left out. */
export interface InstanceTimes {
  /** The autoscaler decided to have it. */
  readonly decided?: number | undefined;
  /** Its Pod was created, as the Pod says: whole seconds on most servers. */
  readonly created?: number | undefined;
  /** This gateway first saw the Pod. */
  readonly seen?: number | undefined;
  /** It was first seen to have a container group. */
  readonly grouped?: number | undefined;
  /** It was first seen to run. */
  readonly started?: number | undefined;
  /** It was first asked whether it is ready. */
  readonly probed?: number | undefined;
  /** It was first known to be ready, by a probe or by Kubernetes. */
  readonly ready?: number | undefined;
}

/** The order in which they come about. */
export const instanceSteps = ['decided', 'created', 'seen', 'grouped', 'started', 'probed', 'ready'] as const;

/** How a request that found no instance ready came to one. Times in milliseconds since the epoch. */
export interface ColdStart {
  /** `namespace/name`. */
  readonly revision: string;
  /** Name of the pod that answered first. */
  readonly pod: string;
  /** Requests that waited when it was ready. */
  readonly waiting: number;
  /** The first of them arrived. */
  readonly accepted: number;
  /** It was put in line. */
  readonly queued: number;
  readonly instance: InstanceTimes;
  /** It was given the instance. */
  readonly granted: number;
  /** The first byte of the answer came. */
  readonly firstByte: number;
}

/** The earlier of two accounts, time by time. */
export function mergeTimes(known: InstanceTimes, news: InstanceTimes): InstanceTimes {
  const merged: { -readonly [K in keyof InstanceTimes]: InstanceTimes[K] } = {};
  for (const step of instanceSteps) {
    const time = known[step] ?? news[step];
    if (time !== undefined) merged[step] = time;
  }
  return merged;
}

/** The first request of those that found no instance ready. */
interface FirstRequest {
  readonly accepted: number;
  readonly queued: number;
}

/** The time from the first request that finds no instance ready to the first that is given one. */
export class ColdSpell {
  #first: FirstRequest | undefined;

  /** A request waits. */
  begin(queued: number, accepted: number = queued): void {
    this.#first ??= { accepted, queued };
  }

  /** One has been given an instance, or nobody waits any more. Returns the first, if there was one. */
  end(): FirstRequest | undefined {
    const first = this.#first;
    this.#first = undefined;
    return first;
  }
}
