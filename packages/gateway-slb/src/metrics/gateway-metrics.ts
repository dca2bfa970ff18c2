import type { Activator } from '@ebb/activator';
import type { Revision } from '@ebb/api';
import type { Informer } from '@ebb/kube';
import type { MetricsReport, RevisionMetrics, StatDeliveries } from './metrics-report.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { revisionNames } from './revision-names.ts';

export interface GatewayMetricsOptions {
  readonly requests: RequestMetrics;
  readonly activator: Activator;
  readonly revisions: Informer<Revision>;
  readonly stats: () => StatDeliveries;
}

/** What a gateway has to tell of the requests it has had, and has. */
export class GatewayMetrics {
  readonly #options: GatewayMetricsOptions;

  constructor(options: GatewayMetricsOptions) {
    this.#options = options;
  }

  /** Of each revision that has had a request, or has one now; or only of those that had some since this was last asked for. */
  report(what: 'all' | 'changed' = 'all'): MetricsReport {
    const { requests, activator, stats } = this.#options;
    const changed = requests.changed();
    const told = what === 'changed' ? changed : [...new Set([...requests.keys(), ...activator.busy()])];
    const { unrouted, turnedAway } = requests;
    return { revisions: told.map((key) => this.#of(key)), unrouted, turnedAway, stats: stats() };
  }

  #of(key: string): RevisionMetrics {
    const { requests, activator, revisions } = this.#options;
    const active = Object.values(activator.inFlightByPod(key)).reduce((sum, count) => sum + count, 0);
    return {
      ...revisionNames(revisions, key),
      waiting: activator.waitingFor(key),
      active,
      outcomes: [...requests.of(key)],
    };
  }
}
