import { type PodAutoscaler, alibabaClasses, keyOf, keys } from '@ebb/api';
import type { Cluster } from './cluster.ts';
import { LoadHistory } from './forecast.ts';
import type { LiftingSources } from './lifting.ts';
import type { TimeseriesReader } from './timeseries-reader.ts';
import { cpuRequestOf } from './usage/cpu-request.ts';

/** What scalers need to know of a revision besides its PodAutoscaler. */
export class Sources {
  readonly #cluster: Pick<Cluster, 'revisions'>;
  /** By the Configuration: what a revision was asked for is what the next one will be. */
  readonly #histories = new Map<string, LoadHistory>();

  readonly #timeseries: Pick<TimeseriesReader, 'of'>;

  constructor(cluster: Pick<Cluster, 'revisions'>, timeseries: Pick<TimeseriesReader, 'of'>) {
    this.#cluster = cluster;
    this.#timeseries = timeseries;
  }

  /** The sources of one revision. */
  of(podAutoscaler: PodAutoscaler, className: string): LiftingSources & { readonly cpuRequest: number } {
    const { namespace, name = '', labels } = podAutoscaler.metadata;
    const key = keyOf(podAutoscaler);
    const revision = this.#cluster.revisions.get(namespace, name);
    const configuration = `${namespace}/${labels?.[keys.configuration] ?? name}`;
    return {
      cpuRequest: revision ? cpuRequestOf(revision.spec) : 0,
      history: () => this.#historyOf(configuration),
      timeseries: className === alibabaClasses.ppa ? () => this.#timeseries.of(key) : undefined,
    };
  }

  #historyOf(configuration: string): LoadHistory {
    const history = this.#histories.get(configuration) ?? new LoadHistory();
    this.#histories.set(configuration, history);
    return history;
  }
}
