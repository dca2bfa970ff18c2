import { type Pod, defaultAutoscalerConfig, keys, resources, servingCrds, systemNamespace } from '@ebb/api';
import { createTestApi } from '@ebb/apiserver/testing';
import { createAutoscaler } from '@ebb/autoscaler';
import { RevisionScaler } from '@ebb/autoscaler/pure';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { type KubeClient, createKubeClient } from '@ebb/kube';
import { busyDecider, podAutoscaler } from './autoscaler.bench.ts';
import { type Cost, type Original, openOriginal } from './original.ts';
import { type Quantiles, quantiles } from './quantiles.ts';

const start = 1_767_614_400_000;
const cycleMs = 2000;
const cycles = 10;
const firstRequests = 50;

/** What many revisions cost in each cycle of 2 s: two reports about each and a decision for each. */
interface Many {
  readonly revisions: number;
  /** Processor time of a cycle, and the share of one core that it is. */
  readonly cpuMs: number;
  readonly percentOfCore: number;
  readonly bytesEach: number;
}

/** What one revision costs Ebb and, measured in turn with it, the original; and what the one is of the other. */
interface One {
  readonly window: string;
  readonly ebb: Cost;
  readonly original: Cost;
  readonly ofOriginal: Cost;
  readonly bytesAllocatedInCycle: number;
}

/** The autoscaler with many revisions, and from a first request to its pod. */
export async function autoscalerScale(): Promise<object> {
  const one = await oneRevisionEach(['6s', '60s', '10m', '1h']);
  for (const part of ['cycle', 'decision', 'record'] as const) {
    console.log(`\nnanoseconds of processor time for one ${part}`);
    console.table(
      one.map(({ window, ebb, original, ofOriginal, bytesAllocatedInCycle: bytes }) => ({
        window,
        ebb: ebb[part],
        original: original[part],
        ofOriginal: ofOriginal[part],
        ...(part === 'cycle' ? { bytes } : {}),
      })),
    );
  }
  const ticks = [1000, 10_000, 100_000].map(many);
  console.table(ticks);
  const reportsPerSecond = ingest();
  console.log(`reports taken a second: ${reportsPerSecond.toLocaleString('en')}`);
  const requestToPod = await requestsToPods();
  console.log('from a first request to the Pod, ms:', requestToPod);
  return { one, ticks, reportsPerSecond, requestToPodMs: requestToPod };
}

const repetitions = 200_000;

async function oneRevisionEach(windows: readonly string[]): Promise<readonly One[]> {
  await using original = await openOriginal();
  const rows: One[] = [];
  for (const window of windows) rows.push(await oneRevision(window, original));
  return rows;
}

async function oneRevision(window: string, { costOf }: Original): Promise<One> {
  const { decider, now } = busyDecider({ window });
  // In an array: a variable of its own would be a new object with each change.
  const at = new Float64Array([now]);
  const record = (): void => decider.record((at[0] = (at[0] ?? 0) + 1000), 300, 900);
  const decide = (): boolean => decider.tick(5, at[0] ?? 0);
  const cycle = (): void => {
    record();
    record();
    decide();
  };
  const ebb = { cycle: leastNs(cycle), decision: leastNs(decide), record: leastNs(record) };
  const original = await costOf(window);
  const ofOriginal = {
    cycle: round(ebb.cycle / original.cycle),
    decision: round(ebb.decision / original.decision),
    record: round(ebb.record / original.record),
  };
  return { window, ebb, original, ofOriginal, bytesAllocatedInCycle: bytesOf(cycle) };
}

/** Processor time of one call: the least of some rounds, which is the one least disturbed. */
function leastNs(task: () => void): number {
  const rounds = Array.from({ length: 7 }, () =>
    cpuMsOf(() => {
      for (let each = 0; each < repetitions; each++) task();
    }),
  );
  return Math.round((Math.min(...rounds) * 1e6) / repetitions);
}

/** Growth of the heap in one call, over so many that no collection comes between. */
function bytesOf(task: () => void): number {
  const calls = 10_000;
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let each = 0; each < calls; each++) task();
  return Math.round((process.memoryUsage().heapUsed - before) / calls);
}

/** Pods that are as they should be: what they cost is measured elsewhere. */
const replicas = {
  target: 2,
  onDemand: undefined,
  reserve: 0,
  keep: 0,
  ready: 2,
  count: 2,
  reserveReady: 0,
  shortage: undefined,
  isAtRest: false,
  reconcile: (): void => {},
  deleteDrained: (): void => {},
};

function makeScalers(count: number): readonly RevisionScaler[] {
  const settings = { autoscaler: defaultAutoscalerConfig, progressDeadlineMs: 600_000 };
  const load = { hearing: 'all' } as const;
  return Array.from({ length: count }, (_, index) => {
    const context = { settings, replicas: { ...replicas }, load };
    return new RevisionScaler(podAutoscaler({}, `shop-${index}`), context, start);
  });
}

const stat = { namespace: 'default', name: 'shop', averageConcurrency: 50, requestCount: 150, waiting: 0, pods: {} };

function report(scalers: readonly RevisionScaler[], now: number): void {
  const facts = { madeAtMs: now, waiting: 0, present: 50 };
  for (const scaler of scalers) scaler.record(stat, facts, now);
}

function many(revisions: number): Many {
  const before = heap();
  const scalers = makeScalers(revisions);
  let now = start;
  const cycle = (): void => {
    report(scalers, (now += cycleMs / 2));
    report(scalers, (now += cycleMs / 2));
    for (const scaler of scalers) {
      scaler.tick(now);
      scaler.takeNews();
    }
  };
  for (let warm = 0; warm < 5; warm++) cycle();
  const bytesEach = Math.round((heap() - before) / revisions);
  const cpuMs = cpuMsOf(() => {
    for (let each = 0; each < cycles; each++) cycle();
  });
  const each = round(cpuMs / cycles);
  return { revisions, cpuMs: each, percentOfCore: round((each / cycleMs) * 100), bytesEach };
}

/** Reports about one revision that one core takes in a second. */
function ingest(): number {
  const scalers = makeScalers(1000);
  const rounds = 500;
  let now = start;
  const cpuMs = cpuMsOf(() => {
    for (let each = 0; each < rounds; each++) report(scalers, (now += 1000));
  });
  return Math.round((rounds * scalers.length) / (cpuMs / 1000));
}

/** From the report of a request at a revision without pods until the API has told a watcher of the Pod. */
async function requestsToPods(): Promise<Quantiles> {
  await using api = await createTestApi({ crds: servingCrds() });
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  await allowZero(client);
  await createNode(client);
  const stop = new AbortController();
  const { signal } = stop;
  const autoscaler = createAutoscaler({ client, clock: systemClock, logger: silentLogger, random: Math.random });
  const running = autoscaler.run({ signal });
  const seen = new Map<string, number>();
  const watching = watchPods(client, seen, signal);
  await autoscaler.synced;
  const times: number[] = [];
  for (let index = 0; index < firstRequests; index++) {
    const name = `shop-${index}`;
    await createIdleRevision(client, name);
    const begun = systemClock.now();
    autoscaler.record({ gateway: 'gateway-0', atMs: begun, revisions: [{ ...stat, name, waiting: 1 }], drained: [] });
    await eventually(() => seen.has(name));
    times.push((seen.get(name) ?? Number.NaN) - begun);
  }
  stop.abort();
  await Promise.all([running, watching]);
  return quantiles(times);
}

/** Notes when the first Pod of each revision is seen, until aborted. */
async function watchPods(client: KubeClient, seen: Map<string, number>, signal: AbortSignal): Promise<void> {
  const { metadata } = await client.list(resources.pods, { namespace: 'default', signal });
  const resourceVersion = metadata.resourceVersion ?? '';
  try {
    for await (const { type, object } of client.watch(resources.pods, {
      namespace: 'default',
      resourceVersion,
      signal,
    })) {
      const revision = (object as Pod).metadata.labels?.[keys.revision] ?? '';
      if (type === 'ADDED' && !seen.has(revision)) seen.set(revision, systemClock.now());
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function allowZero(client: KubeClient): Promise<void> {
  const metadata = { name: 'config-autoscaler', namespace: systemNamespace };
  await client.create(resources.configMaps, { metadata, data: { 'allow-zero-initial-scale': 'true' } });
}

async function createNode(client: KubeClient): Promise<void> {
  const node = await client.create(resources.nodes, {
    metadata: { name: 'virtual-node', labels: { type: 'virtual-kubelet' } },
  });
  await client.updateStatus(resources.nodes, { ...node, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
}

/** A Revision that begins without a pod. */
async function createIdleRevision(client: KubeClient, name: string): Promise<void> {
  const metadata = { name, namespace: 'default' };
  const spec = { containers: [{ name: 'user-container', image: 'dev.local/app' }] };
  await client.create(resources.revisions, { metadata, spec });
  await client.create(resources.podAutoscalers, podAutoscaler({ 'initial-scale': '0' }, name));
  await eventually(async () => (await client.get(resources.podAutoscalers, metadata)).status?.serviceName);
}

function cpuMsOf(task: () => void): number {
  const before = process.cpuUsage();
  task();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Bytes in use. Exact only with `--expose-gc`. */
function heap(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const round = (value: number): number => Math.round(value * 100) / 100;
