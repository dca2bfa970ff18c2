import { type HorizontalPodAutoscaler, type PodAutoscaler, alibabaClasses, hpaClass, keyOf } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import { configurationOf } from './sources.ts';
import { HistoryKeeper } from './history/keeper.ts';
import type { Cluster } from './cluster.ts';
import type { RevisionScaler } from './revision-scaler.ts';
import { TimeseriesReader, type Warn } from './timeseries-reader.ts';
import { UsageReader } from './usage/usage-reader.ts';

export interface ReadingsOptions {
  readonly client: KubeClient;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly warn: Warn;
  readonly signal: AbortSignal;
  /** Takes a call under way, which never rejects. */
  readonly track: (task: Promise<void>) => void;
}

/** How often the classes that need it look at what only calls can tell; as often as Kubernetes' own. */
const periodMs = 15_000;

/** The scalers of some classes, by `namespace/name`. */
export type ScalersOfClasses = (...names: readonly string[]) => ReadonlyMap<string, RevisionScaler>;

/**
 * What some classes need and no local copy has: what pods use, schedules in ConfigMaps, and the loads of days past. Nothing is called
 * where no class asks.
 */
export class Readings {
  readonly timeseries: TimeseriesReader;
  readonly histories: HistoryKeeper;
  readonly #usage: UsageReader;
  readonly #options: ReadingsOptions;
  #isReading = false;

  constructor(options: ReadingsOptions) {
    this.#options = options;
    this.timeseries = new TimeseriesReader(options);
    this.histories = new HistoryKeeper(options);
    this.#usage = new UsageReader(options);
  }

  /** Reads now and then, until disposed. */
  run(scalersOf: ScalersOfClasses): Disposable {
    const { clock, track } = this.#options;
    const read = (): void => track(this.#read(scalersOf));
    read();
    return clock.every(periodMs, read);
  }

  async #read(scalersOf: ScalersOfClasses): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    const measured = this.#withoutMeasured(scalersOf(hpaClass, alibabaClasses.ppa));
    if (measured.size > 0) await this.#usage.read(measured);
    const scheduled = [...scalersOf(alibabaClasses.ppa).keys()].flatMap((key) => this.#podAutoscaler(key) ?? []);
    if (scheduled.length > 0) await this.timeseries.read(scheduled);
    await this.histories.keep(() => this.#configurations());
    this.#isReading = false;
  }

  /** Without those whose HorizontalPodAutoscaler has figures of its own: they go by what it sets. */
  #withoutMeasured(scalers: ReadonlyMap<string, RevisionScaler>): ReadonlyMap<string, RevisionScaler> {
    const { horizontalPodAutoscalers } = this.#options.cluster;
    const active = new Set(horizontalPodAutoscalers.list().filter(isScalingActive).map(keyOf));
    return new Map([...scalers].filter(([key]) => !active.has(key)));
  }

  /** All Configurations of which something is scaled. */
  #configurations(): ReadonlySet<string> {
    const all = this.#options.cluster.podAutoscalers.list();
    return new Set(all.map((each) => `${each.metadata.namespace}/${configurationOf(each)}`));
  }

  #podAutoscaler(key: string): PodAutoscaler | undefined {
    const [namespace, name = ''] = key.split('/');
    return this.#options.cluster.podAutoscalers.get(namespace, name);
  }
}

/** True while Kubernetes' own controller can tell what is wanted. */
export function isScalingActive({ status }: HorizontalPodAutoscaler): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'ScalingActive' && value === 'True') ?? false;
}
