import { formatGoDuration } from '../go-duration.ts';
import { type Bound, type ConfigData, between, readConfig } from './data.ts';

/** The ConfigMap `config-leader-election`: how leaders are chosen by a Lease. */
export interface LeaderElectionConfig {
  /** How long a Lease holds that is not renewed. */
  readonly leaseDurationMs: number;
  /** How long a leader that cannot renew goes on. */
  readonly renewDeadlineMs: number;
  /** How often a leader renews, and others look. */
  readonly retryPeriodMs: number;
}

const aSecond: Bound<number> = { holds: (ms) => ms >= 1000, must: 'a second or more' };

/**
 * Reads `config-leader-election`; throws an `Error` with key, value and legal range, also where the times do not leave a leader the
 * time to stop before the next one begins. Buckets are only checked.
 */
export function parseLeaderElectionConfig(data: ConfigData = {}): LeaderElectionConfig {
  const read = readConfig(data);
  const seconds = (keys: readonly string[], byDefault: number): number =>
    read.durationMs(keys, byDefault * 1000, aSecond);
  const config = {
    leaseDurationMs: seconds(['lease-duration', 'leaseDuration'], 15),
    renewDeadlineMs: seconds(['renew-deadline', 'renewDeadline'], 10),
    retryPeriodMs: seconds(['retry-period', 'retryPeriod'], 2),
  };
  read.integer('buckets', 1, between(1, 10));
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = config;
  mustBeLonger(['lease-duration', leaseDurationMs], ['renew-deadline', renewDeadlineMs]);
  mustBeLonger(['renew-deadline', renewDeadlineMs], ['retry-period', retryPeriodMs]);
  return config;
}

type Time = readonly [key: string, ms: number];

function mustBeLonger([key, ms]: Time, [other, otherMs]: Time): void {
  if (ms > otherMs) return;
  const [own, bound] = [formatGoDuration(ms), formatGoDuration(otherMs)];
  throw new Error(`${key} = ${own}, must be longer than ${other}, which is ${bound}`);
}
