import {
  type Outcomes,
  type TurnedAway,
  type TurnedAwayReason,
  type Unrouted,
  addOutcomes,
} from './request-metrics.ts';
import type { RevisionNames } from './revision-names.ts';

/** What there is to tell of one revision at this moment. */
export interface RevisionMetrics extends RevisionNames {
  /** Requests without an instance. */
  readonly waiting: number;
  /** Requests that have one. */
  readonly active: number;
  readonly outcomes: readonly Outcomes[];
}

/** How the reports of gateways to the autoscaler have fared. */
export interface StatDeliveries {
  /** Gateways whose last report has not arrived, or that have sent none. */
  readonly cutOff: number;
  /** Reports that have not arrived. */
  readonly errors: number;
}

/** What there is to tell of a gateway at this moment. */
export interface MetricsReport {
  readonly revisions: readonly RevisionMetrics[];
  readonly unrouted: readonly Unrouted[];
  readonly turnedAway: readonly TurnedAway[];
  readonly stats: StatDeliveries;
}

/** When nothing has happened yet. */
export const emptyReport: MetricsReport = {
  revisions: [],
  unrouted: [],
  turnedAway: [],
  stats: { cutOff: 0, errors: 0 },
};

/** True if it tells of nothing. */
export function isEmptyReport({ revisions, unrouted, turnedAway, stats }: MetricsReport): boolean {
  return revisions.length + unrouted.length + turnedAway.length + stats.cutOff + stats.errors === 0;
}

/** `namespace/name`. */
export const keyOfMetrics = ({ namespace, revision }: RevisionMetrics): string => `${namespace}/${revision}`;

/** What several gateways have to tell, as if they were one. */
export function mergeReports(reports: Iterable<MetricsReport>): MetricsReport {
  const revisions = new Map<string, RevisionMetrics>();
  const unrouted = new Map<string, Unrouted>();
  const turnedAway = new Map<TurnedAwayReason, number>();
  let { stats } = emptyReport;
  for (const report of reports) {
    for (const each of report.revisions) {
      const key = keyOfMetrics(each);
      const known = revisions.get(key);
      revisions.set(key, known ? add(known, each) : each);
    }
    for (const each of report.unrouted) {
      const key = `${each.reason} ${each.status}`;
      unrouted.set(key, { ...each, count: each.count + (unrouted.get(key)?.count ?? 0) });
    }
    for (const { reason, count } of report.turnedAway) turnedAway.set(reason, count + (turnedAway.get(reason) ?? 0));
    stats = { cutOff: stats.cutOff + report.stats.cutOff, errors: stats.errors + report.stats.errors };
  }
  return {
    revisions: [...revisions.values()],
    unrouted: [...unrouted.values()],
    turnedAway: [...turnedAway].map(([reason, count]) => ({ reason, count })),
    stats,
  };
}

function add(a: RevisionMetrics, b: RevisionMetrics): RevisionMetrics {
  const outcomes = new Map<number, Outcomes>();
  for (const each of [...a.outcomes, ...b.outcomes]) {
    const known = outcomes.get(each.status);
    outcomes.set(each.status, known ? addOutcomes(known, each) : each);
  }
  // Labels are those of whoever knows them.
  const named = a.service === '' ? b : a;
  return {
    ...named,
    waiting: a.waiting + b.waiting,
    active: a.active + b.active,
    outcomes: [...outcomes.values()],
  };
}
