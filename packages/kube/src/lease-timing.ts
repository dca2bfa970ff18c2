import { parseLeaderElectionConfig } from '@ebb/api';
import { UserError, messageOf } from '@ebb/base';
import type { LeaseOptions } from './leader-election.ts';

export type LeaseTiming = Required<
  Pick<LeaseOptions, 'leaseDurationSeconds' | 'renewDeadlineSeconds' | 'retryPeriodSeconds'>
>;

/**
 * Reads the ConfigMap `config-leader-election`; a key left out has its default. Throws `UserError` where a time is no duration, or
 * they do not leave a leader the time to stop before the next one begins.
 */
export function parseLeaseTiming(data: Readonly<Record<string, string>> = {}): LeaseTiming {
  try {
    const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = parseLeaderElectionConfig(data);
    return {
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      renewDeadlineSeconds: renewDeadlineMs / 1000,
      retryPeriodSeconds: retryPeriodMs / 1000,
    };
  } catch (cause) {
    throw new UserError(`config-leader-election: ${messageOf(cause)}`, { cause });
  }
}
