import { type Rate, TokenBucket } from '@ebb/base';
import { EciError } from '../wire/error.ts';

/** Calls an account may make a minute (serverless-node.md, section 2.3); of what is not listed 500. */
const perMinute: Readonly<Record<string, number>> = {
  DescribeContainerGroups: 2000,
  DescribeContainerGroupStatus: 2000,
  DescribeContainerGroupMetric: 2000,
  CreateContainerGroup: 1000,
  DeleteContainerGroup: 1000,
  DescribeContainerGroupPrice: 1000,
  CreateImageCache: 200,
};

/** A minute's calls come evenly, but for a tenth of them, which may come at once. */
function rateOf(action: string): Rate {
  const calls = perMinute[action] ?? 500;
  return { perSecond: calls / 60, burst: calls / 10 };
}

/** ECI's limits of calls, each action by itself. */
export class CallLimits {
  readonly #buckets = new Map<string, TokenBucket>();

  /** Counts a call. Throws `EciError` with code `Throttling` if it is one too many. */
  admit(action: string, nowMs: number): void {
    let bucket = this.#buckets.get(action);
    if (!bucket) this.#buckets.set(action, (bucket = new TokenBucket(rateOf(action), nowMs)));
    if (bucket.take(nowMs) > 0) {
      throw new EciError('Throttling', 'Request was denied due to request throttling, please try again later.');
    }
  }
}
