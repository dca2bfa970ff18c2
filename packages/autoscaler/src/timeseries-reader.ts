import { type PodAutoscaler, isNotFound, keyOf, keys, ownScalingKeys, resources } from '@ebb/api';
import type { Schedule } from '@ebb/api/autoscaler';
import { messageOf } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import { scheduleOf } from './timeseries.ts';

/** Tells the owner of a PodAutoscaler what is wrong with it. */
export type Warn = (podAutoscaler: PodAutoscaler, reason: string, message: string) => void;

export interface TimeseriesReaderOptions {
  readonly client: KubeClient;
  readonly warn: Warn;
  readonly signal: AbortSignal;
}

/**
 * Reads the schedules of class `ppa`: the ConfigMap that a Service, or the revision itself, names in
 * `alicloud.autoscaling.service.knative.dev/timeseries` (serverless-node.md, section 4.2). One that is edited is taken over; one that
 * is deleted or wrong leaves the last good one in force.
 */
export class TimeseriesReader {
  readonly #options: TimeseriesReaderOptions;
  readonly #schedules = new Map<string, Schedule>();
  /** What was read last, by PodAutoscaler, and what was complained of. */
  readonly #texts = new Map<string, string>();
  readonly #complaints = new Map<string, string>();

  constructor(options: TimeseriesReaderOptions) {
    this.#options = options;
  }

  /** The schedule of a PodAutoscaler (`namespace/name`). */
  of(key: string): Schedule | undefined {
    return this.#schedules.get(key);
  }

  /** Reads the schedules of these PodAutoscalers anew. Never rejects. */
  async read(podAutoscalers: readonly PodAutoscaler[]): Promise<void> {
    const all = new Set(podAutoscalers.map(keyOf));
    for (const key of this.#schedules.keys()) if (!all.has(key)) this.#schedules.delete(key);
    await Promise.all(podAutoscalers.map((each) => this.#read(each)));
  }

  async #read(podAutoscaler: PodAutoscaler): Promise<void> {
    const { warn, signal } = this.#options;
    const key = keyOf(podAutoscaler);
    try {
      const name = await this.#nameOf(podAutoscaler);
      if (name !== undefined) await this.#readConfigMap(key, { namespace: podAutoscaler.metadata.namespace, name });
      this.#complaints.delete(key);
    } catch (error) {
      const complaint = messageOf(error);
      if (signal.aborted || this.#complaints.get(key) === complaint) return;
      this.#complaints.set(key, complaint);
      const instead = this.#schedules.has(key) ? 'the last good one stays' : 'the scale goes by CPU and memory alone';
      warn(podAutoscaler, 'InvalidTimeseries', `the timeseries cannot be read, and ${instead}: ${complaint}`);
    }
  }

  async #nameOf({ metadata }: PodAutoscaler): Promise<string | undefined> {
    const { client, signal } = this.#options;
    const own = metadata.annotations?.[ownScalingKeys.timeseries];
    const service = metadata.labels?.[keys.service];
    if (own !== undefined || !service) return own;
    try {
      const path = { namespace: metadata.namespace, name: service };
      return (await client.get(resources.services, path, { signal })).metadata.annotations?.[ownScalingKeys.timeseries];
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #readConfigMap(key: string, path: { namespace: string | undefined; name: string }): Promise<void> {
    const { client, signal } = this.#options;
    const { data = {} } = await client.get(resources.configMaps, path, { signal });
    const text = JSON.stringify(data);
    if (this.#texts.get(key) === text) return;
    try {
      this.#schedules.set(key, scheduleOf(data));
    } catch (cause) {
      throw new Error(`ConfigMap ${path.name}: ${messageOf(cause)}`, { cause });
    }
    this.#texts.set(key, text);
  }
}
