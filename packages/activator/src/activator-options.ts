import type { StatSink } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import type { BudgetLimits } from './budget.ts';
import type { ColdStart } from './cold-start.ts';
import type { ProbeAttempt } from './prober.ts';

export interface ActivatorLimits extends BudgetLimits {
  /** Time a request for a revision nobody has heard of is kept, in case word of it is on the way. Default 2,000 ms. */
  readonly unknownRevisionMs: number;
}

export interface ActivatorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** The name under which this gateway reports. */
  readonly gateway: string;
  readonly sendStats: StatSink;
  readonly limits?: Partial<ActivatorLimits> | undefined;
  /** Default: real connections. */
  readonly attempt?: ProbeAttempt | undefined;
  /** Told of each cold start when the first answer comes. Must return at once. */
  readonly onColdStart?: ((coldStart: ColdStart) => void) | undefined;
  /** Where other gateways use the same pods. Without it, all slots are this one's. */
  readonly sharing?: Sharing | undefined;
}

/** How the slots of pods with limited concurrency are divided among gateways. */
export interface Sharing {
  /** How many of a pod's slots (`namespace/name`) are this gateway's at the moment. */
  shareOf(pod: string, containerConcurrency: number): number;
  /**
   * What a revision could use of others' slots may have changed. Must return at once.
   * @param podsChanged Its pods or the shares of them have.
   */
  demandChanged(revisionKey: string, podsChanged: boolean): void;
}

const mebibyte = 1024 * 1024;

/** See `ActivatorLimits`. */
export const defaultLimits: ActivatorLimits = {
  waitingPerRevision: 10_000,
  waiting: 50_000,
  waitingBytesPerRevision: 64 * mebibyte,
  waitingBytes: 256 * mebibyte,
  unknownRevisionMs: 2000,
};
