import { parseGoDuration } from '@ebb/api';
import { UserError } from '@ebb/base';
import type { LeaseOptions } from './leader-election.ts';

export type LeaseTiming = Required<
  Pick<LeaseOptions, 'leaseDurationSeconds' | 'renewDeadlineSeconds' | 'retryPeriodSeconds'>
>;

/** What holds where nothing is said. */
const defaults = {
  leaseDurationSeconds: 15,
  renewDeadlineSeconds: 10,
  retryPeriodSeconds: 2,
} as const satisfies LeaseTiming;

/**
 * Reads the keys `lease-duration`, `renew-deadline` and `retry-period` (Go durations) of the ConfigMap `config-leader-election`;
 * one left out has its default. Throws `UserError` where one is no duration, or they do not leave a leader the time to stop
 * before the next one begins.
 */
export function parseLeaseTiming(data: Readonly<Record<string, string>> = {}): LeaseTiming {
  const seconds = (key: string, fallback: number): number => {
    const text = data[key];
    if (text === undefined) return fallback;
    const ms = parseGoDuration(text);
    if (ms === undefined || ms < 1000) {
      throw new UserError(`config-leader-election: ${key} is "${text}", not a duration of a second or more`);
    }
    return ms / 1000;
  };
  const timing = {
    leaseDurationSeconds: Math.ceil(seconds('lease-duration', defaults.leaseDurationSeconds)),
    renewDeadlineSeconds: seconds('renew-deadline', defaults.renewDeadlineSeconds),
    retryPeriodSeconds: seconds('retry-period', defaults.retryPeriodSeconds),
  };
  if (
    timing.leaseDurationSeconds <= timing.renewDeadlineSeconds ||
    timing.renewDeadlineSeconds <= timing.retryPeriodSeconds
  ) {
    throw new UserError(
      'config-leader-election: lease-duration must be longer than renew-deadline, and that longer than retry-period',
    );
  }
  return timing;
}
