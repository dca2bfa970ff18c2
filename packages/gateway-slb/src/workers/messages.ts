import type { RateAsk, RateAnswer } from '../duties/rate-counters.ts';
import type { MetricsReport } from '../metrics/metrics-report.ts';

/** A message from a gateway to the process whose worker it is. */
export type FromWorker =
  /** What has changed since the last report; everything there is, if `id` answers a question for it. */
  | {
      readonly type: 'metrics';
      readonly id: number;
      readonly report: MetricsReport;
      readonly unknown: readonly string[];
    }
  /** Asks whether requests may pass. */
  | { readonly type: 'take'; readonly id: number; readonly asks: readonly RateAsk[] };

/** A message from that process to one of its workers. */
export type ToWorker =
  /** Asks for all metrics. `retired`: revisions whose counts of former workers are kept, to be told of if there is no such revision. */
  | { readonly type: 'metrics'; readonly id: number; readonly retired: readonly string[] }
  /** Answers to a `take`, in its order. */
  | { readonly type: 'taken'; readonly id: number; readonly answers: readonly RateAnswer[] };

/** The way of a worker to the process that has started it: whole messages, in order. */
export interface WorkerChannel {
  send(message: FromWorker): void;
  /** Calls `take` with each message that comes. */
  listen(take: (message: ToWorker) => void): Disposable;
}
