import { type InstanceTimes, type Lease, instanceSteps } from '@ebb/activator';

/**
 * The value of `Server-Timing` for a request that waited for an instance: for each step the time from the request's arrival to it.
 * Steps from before are left out. All in milliseconds.
 */
export function serverTiming(arrivedAt: number, times: InstanceTimes, now: number): string {
  const steps = instanceSteps.flatMap((step) => {
    const at = times[step];
    return at === undefined || at < arrivedAt ? [] : [`${step};dur=${(at - arrivedAt).toFixed(1)}`];
  });
  return [...steps, `first-byte;dur=${(now - arrivedAt).toFixed(1)}`].join(', ');
}

/** A request that waited for an instance. */
export interface Waited {
  /** The instance, if it has come. */
  readonly lease: Lease | undefined;
  /** Milliseconds since the epoch, as is `now`. */
  readonly arrivedAt: number;
  readonly now: number;
}

/** What a response says of the wait: name, value… In detail if `isDetailed`. */
export function coldStartHeaders({ lease, arrivedAt, now }: Waited, isDetailed = false): readonly string[] {
  const timing = isDetailed && lease ? ['Server-Timing', serverTiming(arrivedAt, lease.times, now)] : [];
  return ['ebb-cold-start', 'true', ...timing];
}
