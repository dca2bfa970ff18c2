import type { Clock } from '@ebb/base';
import type { Exposition } from '@ebb/base/metrics';
import { RateCounters } from '../duties/rate-counters.ts';
import { expose } from '../metrics/exposition.ts';
import {
  type MetricsReport,
  type RevisionMetrics,
  emptyReport,
  keyOfMetrics,
  mergeReports,
} from '../metrics/metrics-report.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** The place of one worker in the process that has started it. */
export interface WorkerSeat {
  /** Takes a message of the worker's. */
  take(message: FromWorker): void;
  /** The worker has ended. What it has counted stays. */
  leave(): void;
}

/** Longest that metrics wait for a worker that is busy; what it told last counts then. */
const patienceMs = 1000;

/** What gateways that are workers of one process share: their metrics are added up, and rates are counted for all of them. */
export class WorkerHub {
  readonly #clock: Clock;
  readonly #rates = new RateCounters();
  readonly #workers = new Set<Told>();
  /** What workers have counted that are no more. */
  #retired: MetricsReport = emptyReport;
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A worker has been started. @param send Sends it a message. */
  join(send: (message: ToWorker) => void): WorkerSeat {
    const told = new Told(send);
    this.#workers.add(told);
    return {
      take: (message) => {
        if (message.type === 'metrics') return this.#hear(told, message);
        const { id, asks } = message;
        const now = this.#clock.now();
        send({ type: 'taken', id, answers: asks.map((ask) => this.#rates.take(ask, now)) });
      },
      leave: () => {
        if (!this.#workers.delete(told)) return;
        this.#retired = mergeReports([this.#retired, withoutPresent(told.report())]);
        told.answered();
      },
    };
  }

  /** Tells what all have counted, those too that have ended: no count goes back. */
  async metrics(out: Exposition): Promise<void> {
    const id = ++this.#lastId;
    const retired = this.#retired.revisions.map(keyOfMetrics);
    await Promise.all([...this.#workers].map((told) => told.ask(id, retired, this.#clock)));
    expose(mergeReports([this.#retired, ...[...this.#workers].map((told) => told.report())]), out);
  }

  #hear(told: Told, { id, report, unknown }: FromWorker & { type: 'metrics' }): void {
    told.hear(id, report);
    if (unknown.length === 0) return;
    const gone = new Set(unknown);
    const revisions = this.#retired.revisions.filter((each) => !gone.has(keyOfMetrics(each)));
    this.#retired = { ...this.#retired, revisions };
  }
}

/** What a worker has told. */
class Told {
  readonly #send: (message: ToWorker) => void;
  readonly #revisions = new Map<string, RevisionMetrics>();
  #others: Omit<MetricsReport, 'revisions'> = emptyReport;
  #whenAnswered: (() => void)[] = [];

  constructor(send: (message: ToWorker) => void) {
    this.#send = send;
  }

  report(): MetricsReport {
    return { ...this.#others, revisions: [...this.#revisions.values()] };
  }

  /** Asks for everything; resolves once it has come, or the worker has ended, or takes too long. */
  ask(id: number, retired: readonly string[], clock: Clock): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.after(patienceMs, resolve);
      this.#whenAnswered.push(() => {
        timer[Symbol.dispose]();
        resolve();
      });
      this.#send({ type: 'metrics', id, retired });
    });
  }

  /** @param id 0 for what has changed, else everything. */
  hear(id: number, { revisions, ...others }: MetricsReport): void {
    if (id > 0) this.#revisions.clear();
    for (const each of revisions) this.#revisions.set(keyOfMetrics(each), each);
    this.#others = others;
    if (id > 0) this.answered();
  }

  answered(): void {
    for (const each of this.#whenAnswered.splice(0)) each();
  }
}

/** Without what was so at that moment. */
function withoutPresent({ revisions, stats, ...others }: MetricsReport): MetricsReport {
  return {
    ...others,
    revisions: revisions.map((each) => ({ ...each, waiting: 0, active: 0 })),
    stats: { ...stats, cutOff: 0 },
  };
}
