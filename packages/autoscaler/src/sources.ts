import { type PodAutoscaler, type Revision, isQuantity, keys, parseQuantity } from '@ebb/api';
import type { Cluster } from './cluster.ts';
import { LoadHistory } from './forecast.ts';
import type { LiftingSources } from './lifting.ts';

/** What scalers need to know of a revision besides its PodAutoscaler. */
export class Sources {
  readonly #cluster: Pick<Cluster, 'revisions'>;
  /** By the Configuration: what a revision was asked for is what the next one will be. */
  readonly #histories = new Map<string, LoadHistory>();

  constructor(cluster: Pick<Cluster, 'revisions'>) {
    this.#cluster = cluster;
  }

  /** The sources of one revision. */
  of({ metadata }: PodAutoscaler): LiftingSources & { readonly cpuRequest: number } {
    const { namespace, name = '', labels } = metadata;
    const revision = this.#cluster.revisions.get(namespace, name);
    const configuration = `${namespace}/${labels?.[keys.configuration] ?? name}`;
    return { cpuRequest: revision ? cpuRequestOf(revision) : 0, history: () => this.#historyOf(configuration) };
  }

  #historyOf(configuration: string): LoadHistory {
    const history = this.#histories.get(configuration) ?? new LoadHistory();
    this.#histories.set(configuration, history);
    return history;
  }
}

/** Cores that a pod requests; where it requests none, what it is limited to. */
function cpuRequestOf({ spec }: Revision): number {
  return spec.containers.reduce((sum, { resources }) => {
    const text = String(resources?.requests?.['cpu'] ?? resources?.limits?.['cpu'] ?? '');
    return isQuantity(text) ? sum + parseQuantity(text) : sum;
  }, 0);
}
