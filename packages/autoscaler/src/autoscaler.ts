import { setMaxListeners } from 'node:events';
import { type PodAutoscaler, type StatReport, type StatSink, apiVersionOf, keyOf, keys, resources } from '@ebb/api';
import { type Clock, type Logger, linkSignals, messageOf } from '@ebb/base';
import type { Exposition } from '@ebb/base/metrics';
import {
  type EventRecorder,
  type KubeClient,
  createEventRecorder,
  createReconciler,
  updateStatusIfChanged,
} from '@ebb/kube';
import type { Subscription } from 'rxjs';
import { withConfigMap } from './cluster-settings.ts';
import { type Cluster, createCluster, podsOf } from './cluster.ts';
import type { Decision } from './decision/decision.ts';
import { explain } from './decision/explain.ts';
import { exposeScale } from './exposition.ts';
import { Gateways } from './gateways.ts';
import { NodeLoads } from './replicas/node-loads.ts';
import { Permits } from './replicas/permits.ts';
import { defaultPodConfig, withPodSettings } from './replicas/pod-settings.ts';
import { Readings, isScalingActive } from './readings.ts';
import { Scalers } from './scalers.ts';
import { Sources } from './sources.ts';
import { makeStatus } from './status.ts';
import { type RevisionWhy, type WhyQuery, isAskedFor, whyOf } from './why.ts';

export interface AutoscalerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Numbers in [0, 1): names of pods, spread of retries. */
  readonly random: () => number;
}

/** Scales revisions: load comes in through `record`, Pods are made and deleted through the Kubernetes API. */
export interface Autoscaler {
  /** Takes what a gateway reports. Returns at once, the creation of pods already under way where it was urgent. */
  readonly record: StatSink;
  /** Resolves when the cluster is known and the work has begun. Reports before that are dropped. */
  readonly synced: Promise<void>;
  /**
   * How the scales of a Service's revisions, or of one revision, came about. Empty if nothing of that name is scaled here; only what
   * this process has decided is known.
   */
  why(query: WhyQuery): readonly RevisionWhy[];
  /** Tells how each revision is scaled. */
  metrics(out: Exposition): void;
  /** Works until aborted; settles when all calls under way have ended. To be called once. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
}

/** The autoscaler of the classes that Ebb itself scales. Its state is in memory; a new one learns it anew. */
export function createAutoscaler(options: AutoscalerOptions): Autoscaler {
  return new KpaAutoscaler(options);
}

/** What scalers are made with, besides what the autoscaler has all the time. */
interface Making {
  readonly signal: AbortSignal;
  readonly changed: (key: string) => void;
  readonly readings: Readings;
}

class KpaAutoscaler implements Autoscaler {
  readonly synced: Promise<void>;
  readonly #options: AutoscalerOptions;
  readonly #cluster: Cluster;
  readonly #calls = new Set<Promise<void>>();
  readonly #events: EventRecorder;
  readonly #nodes = new NodeLoads();
  #podConfig = defaultPodConfig;
  #scalers: Scalers | undefined;
  #markSynced: () => void = () => {};

  constructor(options: AutoscalerOptions) {
    this.#options = options;
    this.#cluster = createCluster(options.client, options);
    this.#events = createEventRecorder(options.client, { ...options, component: 'ebb-autoscaler' });
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  readonly record: StatSink = (report: StatReport) => {
    try {
      this.#scalers?.record(report);
    } catch (error) {
      this.#options.logger.error({ gateway: report.gateway, error: messageOf(error) }, 'a report could not be taken');
    }
  };

  why(query: WhyQuery): readonly RevisionWhy[] {
    return this.#cluster.podAutoscalers.list(query.namespace).flatMap((podAutoscaler) => {
      const scaler = isAskedFor(podAutoscaler, query) ? this.#scalers?.get(keyOf(podAutoscaler)) : undefined;
      return scaler ? [whyOf(podAutoscaler, scaler, query.atMs)] : [];
    });
  }

  metrics(out: Exposition): void {
    for (const podAutoscaler of this.#cluster.podAutoscalers.list()) {
      const key = keyOf(podAutoscaler);
      const scaler = this.#scalers?.get(key);
      if (scaler) exposeScale(podAutoscaler, scaler, podsOf(this.#cluster, key), out);
    }
  }

  async run(options: { readonly signal: AbortSignal }): Promise<void> {
    using link = linkSignals(options.signal);
    const { signal } = link;
    setMaxListeners(0, signal); // one for each call under way
    const statuses = createReconciler({
      name: 'podautoscaler',
      ...this.#options,
      reconcile: (key, context) => this.#writeStatus(key, context.signal),
    });
    const informers = this.#cluster.run({ signal });
    const working = this.#work(signal, statuses.enqueue.bind(statuses));
    await Promise.all([informers, statuses.run({ signal }), working]);
    await Promise.all(this.#calls);
  }

  async #work(signal: AbortSignal, changed: (key: string) => void): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#cluster.synced, aborted]);
    if (signal.aborted) return;
    this.#nodes.setNodes(this.#cluster.nodes.list());
    const warn = this.#warn.bind(this);
    const readings = new Readings({ ...this.#options, cluster: this.#cluster, signal, track: this.#track, warn });
    const scalers = this.#createScalers({ signal, changed, readings });
    const subscriptions = this.#subscribe(scalers);
    using _ticking = scalers.run();
    for (const podAutoscaler of this.#cluster.podAutoscalers.list()) scalers.set(podAutoscaler);
    using _reading = readings.run((...names) => scalers.ofClasses(...names));
    this.#scalers = scalers;
    this.#markSynced();
    await aborted;
    this.#scalers = undefined;
    for (const subscription of subscriptions) subscription.unsubscribe();
  }

  /** Takes a call under way, which never rejects, so that the end can wait for it. */
  readonly #track = (task: Promise<void>): void => {
    const call = task.finally(() => this.#calls.delete(call));
    this.#calls.add(call);
  };

  #createScalers({ signal, changed, readings }: Making): Scalers {
    const { clock } = this.#options;
    const sources = new Sources(this.#cluster, readings);
    const scalers = new Scalers({
      ...this.#options,
      cluster: this.#cluster,
      gateways: new Gateways(),
      nodes: this.#nodes,
      podConfig: () => this.#podConfig,
      permits: new Permits(this.#nodes.limit, clock),
      signal,
      track: this.#track,
      changed,
      sourcesOf: (podAutoscaler, className) => sources.of(podAutoscaler, className),
      decided: (key, decision) => this.#tell(key, decision),
      leftAlone: (podAutoscaler, className) => {
        const message = `there is no class "${className}" here: unless somebody else scales it, its scale stays as it is`;
        this.#warn(podAutoscaler, 'UnknownClass', message);
      },
    });
    for (const configMap of this.#cluster.configMaps.list()) {
      scalers.configure(withConfigMap(scalers.settings, configMap, this.#options.logger));
      this.#podConfig = withPodSettings(this.#podConfig, configMap, this.#options.logger);
    }
    return scalers;
  }

  /** A change of scale is an event of the PodAutoscaler, with all that it can be taken again from. */
  #tell(key: string, decision: Decision): void {
    const { from, to } = decision;
    const podAutoscaler = this.#podAutoscaler(key);
    if (!podAutoscaler || from === to || (from < 0 && to === 0)) return;
    const about = named(podAutoscaler);
    const annotations = { [keys.decision]: JSON.stringify(decision) };
    this.#events.event(about, 'Normal', to > from ? 'ScaledUp' : 'ScaledDown', explain(decision), annotations);
  }

  #warn(podAutoscaler: PodAutoscaler, reason: string, message: string): void {
    this.#options.logger.warn({ podAutoscaler: keyOf(podAutoscaler) }, message);
    this.#events.event(named(podAutoscaler), 'Warning', reason, message);
  }

  #podAutoscaler(key: string): PodAutoscaler | undefined {
    const [namespace, name = ''] = key.split('/');
    return this.#cluster.podAutoscalers.get(namespace, name);
  }

  #subscribe(scalers: Scalers): readonly Subscription[] {
    const { podAutoscalers, horizontalPodAutoscalers, revisions, pods, nodes, configMaps, reclaims } = this.#cluster;
    return [
      podAutoscalers.events.subscribe(({ type, object }) => {
        if (type === 'deleted') scalers.delete(keyOf(object));
        else scalers.set(object);
      }),
      horizontalPodAutoscalers.events.subscribe(({ type, object }) => {
        if (type !== 'deleted' && isScalingActive(object)) scalers.unmeasure(keyOf(object));
      }),
      revisions.events.subscribe(({ type, object }) => {
        if (type === 'added') scalers.step(keyOf(object));
      }),
      pods.events.subscribe((event) => scalers.observePod(event)),
      reclaims.events.subscribe(({ type, object: { involvedObject } }) => {
        const { namespace, name = '' } = involvedObject;
        const pod = type === 'added' ? pods.get(namespace, name) : undefined;
        if (pod) scalers.letGo(pod);
      }),
      nodes.events.subscribe(() => {
        this.#nodes.setNodes(nodes.list());
        scalers.nodesChanged();
      }),
      configMaps.events.subscribe(({ type, object }) => {
        const { logger } = this.#options;
        const configMap = type === 'deleted' ? { metadata: object.metadata } : object;
        this.#podConfig = withPodSettings(this.#podConfig, configMap, logger);
        const settings = withConfigMap(scalers.settings, configMap, logger);
        if (settings === scalers.settings) return;
        scalers.configure(settings);
        for (const podAutoscaler of podAutoscalers.list()) scalers.set(podAutoscaler);
      }),
    ];
  }

  async #writeStatus(key: string, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#options;
    const scaler = this.#scalers?.get(key);
    const podAutoscaler = this.#podAutoscaler(key);
    if (!scaler || !podAutoscaler || podAutoscaler.metadata.uid !== scaler.uid) return;
    const status = makeStatus(podAutoscaler, scaler.status, clock.now());
    await updateStatusIfChanged(client, resources.podAutoscalers, podAutoscaler, status, { signal });
    const { measuredScale: replicas = 0 } = scaler;
    const { namespace, name = '' } = podAutoscaler.metadata;
    const { replicas: told } = podAutoscaler.spec;
    if (told === undefined || replicas < 1 || replicas === told) return;
    // Whoever takes over from here, a HorizontalPodAutoscaler or the next autoscaler, begins with what there is.
    const patch = { type: 'merge', body: { spec: { replicas } } } as const;
    await client.patch(resources.podAutoscalers, { namespace, name }, patch, { subresource: 'scale', signal });
  }
}

/** Objects of a list do not say what they are, and an event has to. */
function named(podAutoscaler: PodAutoscaler): PodAutoscaler {
  const { kind } = resources.podAutoscalers;
  return { ...podAutoscaler, apiVersion: apiVersionOf(resources.podAutoscalers), kind };
}
