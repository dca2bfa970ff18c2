/** What gateways tell the autoscaler (data-path.md, section 10). */

export interface RevisionStat {
  readonly namespace: string;
  /** Name of the revision. */
  readonly name: string;
  /** Time-weighted average over the period of requests present, waiting ones included. */
  readonly averageConcurrency: number;
  /** Requests that arrived in the period. */
  readonly requestCount: number;
  /** Requests waiting for an instance at this moment. */
  readonly waiting: number;
  /** Requests in flight at this moment by pod name; a pod absent has none at this gateway. */
  readonly pods: Readonly<Record<string, number>>;
}

/**
 * One gateway's report: each second, and at once on the first request of an idle revision. A revision not in it was not
 * seen: that is no zero. A revision whose average was 0 for a whole period is reported once with zero, then left out.
 */
export interface StatReport {
  /** Which gateway speaks. */
  readonly gateway: string;
  /** When, in milliseconds since the epoch. */
  readonly atMs: number;
  readonly revisions: readonly RevisionStat[];
  /** Names (`namespace/name`) of pods this gateway knows to be draining and has no request on: safe to delete for its part. */
  readonly drained: readonly string[];
}

/** Takes the reports of gateways; must return at once and never throw. */
export type StatSink = (report: StatReport) => void;

/** The Lease, in `knative-serving`, whose holder is the autoscaler at work. */
export const autoscalerLease = 'ebb-autoscaler';

/** On that Lease: `host:port` where the holder takes reports, each a POST of a JSON list of `StatReport` to `statsPath`. */
export const statsAddressAnnotation = 'ebb.dev/stats-address';

export const statsPath = '/stats';

/** The Secret, in `knative-serving`, with what gateways send as bearer token under the key `token`. */
export const statsSecret = 'ebb-stats';
