import { type PodAutoscaler, type StatReport, defaultEbbScalingConfig, keyOf } from '@ebb/api';
import type { Schedule } from '@ebb/api/autoscaler';
import { defaultClusterSettings } from '../cluster-settings.ts';
import { LoadHistory } from '../history/load-history.ts';
import { Gateways } from '../gateways.ts';
import { NodeLoads } from '../replicas/node-loads.ts';
import { Permits } from '../replicas/permits.ts';
import { RevisionScaler } from '../revision-scaler.ts';
import type { LoadView, ScalerSettings } from '../scaler-context.ts';
import type { Distribution } from './distribution.ts';
import { Fleet } from './fleet.ts';
import { type ServiceModel, TwinGateway } from './gateway.ts';
import { type Bin, type Endings, type InstanceSeconds, Ledger } from './ledger.ts';
import { seededRandom } from './random.ts';
import type { Trace } from './trace/trace.ts';
import { VirtualClock } from './virtual-clock.ts';

/** How instances are. */
export interface InstanceModel extends ServiceModel {
  /** Time from a pod's being asked for to its being ready. */
  readonly startUpMs: Distribution;
  /** Time from a pod's being ready to its failing, with what it works on. Default: none does. */
  readonly failsAfterMs?: Distribution | undefined;
  /**
   * Time from a spot pod's being asked for to its provider's word that it will be taken back; it is three minutes later. Default: none
   * is.
   */
  readonly reclaimedAfterMs?: Distribution | undefined;
  /** Cores that a request keeps busy while it is worked on; for classes that go by CPU. Default 0. */
  readonly coresPerRequest?: number | undefined;
  /** Cores that a pod requests. Default 0. */
  readonly cpuRequest?: number | undefined;
}

export interface SimulationOptions {
  /** Its annotations and `containerConcurrency` are what is tried out. */
  readonly podAutoscaler: PodAutoscaler;
  /** Default: Knative's and Ebb's defaults. */
  readonly settings?: ScalerSettings | undefined;
  readonly trace: Trace;
  readonly model: InstanceModel;
  /** The schedule of class `ppa`. */
  readonly timeseries?: Schedule | undefined;
  /** The same seed gives the same result. */
  readonly seed: number;
  /** Part of the trace, from its beginning, that is lived through but not counted, in milliseconds. Default 0. */
  readonly skipMs?: number | undefined;
}

/** Of some times in milliseconds those that half, 95 % and 99 % of the requests did not exceed, and the longest. */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What a simulation came to. Requests are those that came in the time that is counted. */
export interface SimulationResult extends Readonly<Endings> {
  readonly requests: number;
  /** Requests that had to wait for a pod. */
  readonly waited: number;
  /** Time from arrival to being given to a pod. */
  readonly wait: Quantiles;
  /** Time from arrival to the answer. */
  readonly latency: Quantiles;
  /** Times that requests began to wait while no pod was ready. */
  readonly coldStarts: number;
  readonly podsMade: number;
  /** Pods that failed or were taken back. */
  readonly podsLost: number;
  readonly peakPods: number;
  readonly meanPods: number;
  readonly instanceSeconds: InstanceSeconds;
  readonly bins: readonly Bin[];
}

const secondMs = 1000;
const tickMs = 2000;
/** How often what pods use is measured. */
const usageMs = 15_000;

/** Lets a trace of requests come to one revision, whose pods are nothing but times, and tells how that went. */
export function simulate(options: SimulationOptions): SimulationResult {
  const { trace, model, seed, skipMs = 0 } = options;
  const { startMs, atMs, lengthMs } = trace;
  const clock = new VirtualClock(startMs);
  const ledger = new Ledger(startMs + skipMs, startMs + lengthMs, atMs.length);
  const world = createWorld(options, clock, ledger);
  const service = seededRandom(seed, 'service');
  for (let index = 0; index < atMs.length; index++) {
    const now = startMs + (atMs[index] ?? 0);
    clock.runUntil(now);
    // Drawn for each request in turn: it takes the same time whatever the pods there are.
    const serviceMs = trace.serviceMs?.[index] ?? model.serviceMs(service);
    world.arrive(serviceMs, ledger.covers(now));
  }
  clock.runUntil(startMs + lengthMs);
  world.close();
  while (world.open > 0) clock.runUntil(clock.now() + secondMs);
  return resultOf(ledger);
}

interface World {
  readonly open: number;
  arrive(serviceMs: number, counts: boolean): void;
  /** Closes the account of the pods. */
  close(): void;
}

function createWorld(options: SimulationOptions, clock: VirtualClock, ledger: Ledger): World {
  const { podAutoscaler, settings = defaultClusterSettings, model, seed, timeseries } = options;
  const revision = keyOf(podAutoscaler);
  const gateways = new Gateways();
  const load: LoadView = { hearing: 'none' };
  const gateway = new TwinGateway({
    ...model,
    clock,
    ledger,
    revision,
    random: seededRandom(seed, 'gateway'),
    containerConcurrency: podAutoscaler.spec.containerConcurrency ?? 0,
    measuresWork: (model.coresPerRequest ?? 0) > 0,
    sendStats: (report) => take(report),
  });
  const { activator } = gateway;
  const startUp = seededRandom(seed, 'start-up');
  const drawn = (times: Distribution | undefined, purpose: string): (() => number) | undefined => {
    const random = seededRandom(seed, purpose);
    return times && (() => times(random));
  };
  const fleet = new Fleet({
    clock,
    activator,
    gateways,
    ledger,
    revision,
    permits: new Permits(creationRate(settings), clock),
    startUpMs: () => model.startUpMs(startUp),
    failsAfterMs: drawn(model.failsAfterMs, 'failures'),
    reclaimedAfterMs: drawn(model.reclaimedAfterMs, 'reclaims'),
    broke: (podName) => gateway.podBroke(podName),
    timeoutMs: model.timeoutMs,
    changed: () => scaler.step(clock.now()),
  });
  const history = new LoadHistory();
  const { coresPerRequest = 0, cpuRequest = 0 } = model;
  const schedule = timeseries && ((): Schedule => timeseries);
  const context = { settings, replicas: fleet, load, cpuRequest, history: () => history, timeseries: schedule };
  const scaler = new RevisionScaler(podAutoscaler, context, clock.now());

  const hear = (now: number): void => {
    const hearing = gateways.hearing(now);
    if (hearing === load.hearing) return;
    load.hearing = hearing;
    scaler.hold(now);
  };
  const take = (report: StatReport): void => {
    const now = clock.now();
    const { madeAtMs, revisions } = gateways.record(report, now);
    hear(now);
    for (const stat of revisions) {
      scaler.record(stat, { madeAtMs, waiting: gateways.waiting(revision), present: gateways.present(revision) }, now);
    }
    if (report.drained.length > 0) fleet.deleteDrained();
  };
  clock.every(secondMs, () => {
    const now = clock.now();
    hear(now);
    if (load.hearing === 'all') scaler.recordSilence(now);
    if (ledger.covers(now)) ledger.look(now, activator.waiting);
  });
  clock.every(usageMs, () => {
    const cpuCores = gateway.takeBusy() * coresPerRequest;
    scaler.usage = fleet.ready > 0 ? { pods: fleet.ready, cpuCores, memoryBytes: 0 } : undefined;
  });
  // At a phase of its own: what a decision sees depends on how long ago the last report was.
  clock.after(seededRandom(seed, 'phase')() * tickMs, () => clock.every(tickMs, () => scaler.tick(clock.now())));
  return {
    get open() {
      return gateway.open;
    },
    arrive: (serviceMs, counts) => {
      const before = activator.waiting;
      gateway.arrive(serviceMs, counts);
      const beginsLine = before === 0 && activator.waiting > 0;
      if (beginsLine && counts && fleet.ready + fleet.reserveReady === 0) ledger.coldStarts++;
    },
    close: () => fleet.close(),
  };
}

/** The provider's limit, unless the cluster says otherwise. */
function creationRate({ autoscaler }: ScalerSettings): { readonly perSecond: number; readonly burst: number } {
  const { perSecond, burst } = new NodeLoads().limit;
  const { podCreationsPerSecond, podCreationBurst } = autoscaler.ebb ?? defaultEbbScalingConfig;
  return { perSecond: podCreationsPerSecond ?? perSecond, burst: podCreationBurst ?? burst };
}

function resultOf(ledger: Ledger): SimulationResult {
  const { requests, waited, endings, coldStarts, podsMade, podsLost, peakPods, meanPods, instanceSeconds, bins } =
    ledger;
  return {
    ...endings,
    requests,
    waited,
    wait: quantilesOf(ledger.waits.subarray(0, ledger.granted)),
    latency: quantilesOf(ledger.latencies.subarray(0, endings.served)),
    coldStarts,
    podsMade,
    podsLost,
    peakPods,
    meanPods,
    instanceSeconds,
    bins,
  };
}

function quantilesOf(values: Float64Array): Quantiles {
  const sorted = values.sort();
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
