import type { Clock } from '@ebb/base';
import { type MetricsReport, isEmptyReport } from '../metrics/metrics-report.ts';
import type { ToWorker, WorkerChannel } from './messages.ts';

/** Where metrics come from. */
export interface MetricsSource {
  /** All there is, or what has changed since this was asked for last. */
  report(what: 'all' | 'changed'): MetricsReport;
  /** Those of these revisions that there are not. */
  unknown(revisionKeys: readonly string[]): readonly string[];
}

/** So much of what a worker has counted is lost at the most when it is killed. */
const periodMs = 1000;

/** Tells the process whose worker this is what it counts: each second what has changed, and everything when asked. */
export class MetricsTeller implements Disposable {
  readonly #channel: WorkerChannel;
  readonly #source: MetricsSource;
  readonly #timer: Disposable;

  constructor(clock: Clock, channel: WorkerChannel, source: MetricsSource) {
    this.#channel = channel;
    this.#source = source;
    this.#timer = clock.every(periodMs, () => this.#tellChanges());
  }

  asked({ id, retired }: ToWorker & { type: 'metrics' }): void {
    const report = this.#source.report('all');
    this.#channel.send({ type: 'metrics', id, report, unknown: this.#source.unknown(retired) });
  }

  /** Tells the last there is to tell, and ends. */
  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#tellChanges();
  }

  #tellChanges(): void {
    const report = this.#source.report('changed');
    if (isEmptyReport(report)) return;
    this.#channel.send({ type: 'metrics', id: 0, report, unknown: [] });
  }
}
