import { type OwnerReference, type PodAutoscaler, alibabaClasses, keyOf, keys } from '@ebb/api';
import { controllerOf } from '@ebb/kube';
import type { Cluster } from './cluster.ts';
import type { HistoryKeeper } from './history/keeper.ts';
import type { LiftingSources } from './lifting.ts';
import type { TimeseriesReader } from './timeseries-reader.ts';
import { cpuRequestOf } from './usage/cpu-request.ts';

/** What scalers need to know of a revision besides its PodAutoscaler. */
export class Sources {
  readonly #cluster: Pick<Cluster, 'revisions'>;
  readonly #histories: Pick<HistoryKeeper, 'of'>;
  readonly #timeseries: Pick<TimeseriesReader, 'of'>;

  constructor(
    cluster: Pick<Cluster, 'revisions'>,
    {
      timeseries,
      histories,
    }: { readonly timeseries: Pick<TimeseriesReader, 'of'>; readonly histories: Pick<HistoryKeeper, 'of'> },
  ) {
    this.#cluster = cluster;
    this.#histories = histories;
    this.#timeseries = timeseries;
  }

  /** The sources of one revision. */
  of(podAutoscaler: PodAutoscaler, className: string): LiftingSources & { readonly cpuRequest: number } {
    const { namespace = '', name = '' } = podAutoscaler.metadata;
    const key = keyOf(podAutoscaler);
    const revision = this.#cluster.revisions.get(namespace, name);
    // What a revision was asked for is what the next one of its Configuration will be.
    const owner = { namespace, name: configurationOf(podAutoscaler), reference: () => this.#ownerOf(namespace, name) };
    return {
      cpuRequest: revision ? cpuRequestOf(revision.spec) : 0,
      history: () => this.#histories.of(owner),
      timeseries: className === alibabaClasses.ppa ? () => this.#timeseries.of(key) : undefined,
    };
  }

  #ownerOf(namespace: string, revisionName: string): OwnerReference | undefined {
    const revision = this.#cluster.revisions.get(namespace, revisionName);
    const { apiVersion = '', kind = '', name = '', uid = '' } = (revision && controllerOf(revision)) ?? {};
    return uid === '' ? undefined : { apiVersion, kind, name, uid };
  }
}

/** The name of the Configuration that a PodAutoscaler's revision is of; its own without one. */
export function configurationOf({ metadata: { name = '', labels } }: PodAutoscaler): string {
  return labels?.[keys.configuration] ?? name;
}
