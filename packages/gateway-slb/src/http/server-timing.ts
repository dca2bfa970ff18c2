import { type InstanceTimes, instanceSteps } from '@ebb/activator';

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
