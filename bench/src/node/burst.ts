import { type Service, resources } from '@ebb/api';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { type Quantiles, quantiles } from '../quantiles.ts';
import { startSimulatedPlatform } from '../simulated-platform.ts';
import { type PodWatch, watchPods } from './watch-pods.ts';

const namespace = 'default';
const timeoutMs = 3_600_000;
/** Pods that come and go first: a platform whose modules are not yet loaded is not measured. */
const warmUp = 50;
const savingMs = 6_000;

/** What it takes to have so many pods at once, and to hold them. */
export interface Burst {
  readonly pods: number;
  /** A platform that had as many before: what is done often has been compiled by then, as in one that has run for a while. */
  readonly warm: boolean;
  readonly eciLimits: boolean;
  /** From the Service's being created, and from the first pod's, to the last pod's being seen Ready; milliseconds. */
  readonly fromServiceMs: number;
  readonly fromFirstPodMs: number;
  /** When pods were seen Ready after the first pod was seen. */
  readonly ready: Quantiles;
  readonly cpuMsPerPod: number;
  /** Of the whole process: API, local ECI, simulated instances, all of Ebb, and the watching bench. */
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly held: Held | undefined;
}

/** What it takes to hold them while nothing happens. */
interface Held {
  /** Of a get of one pod, milliseconds, over HTTP. */
  readonly get: Quantiles;
  /** Processor time of one minute, milliseconds. */
  readonly idleCpuMsPerMinute: number;
}

interface BurstOptions {
  readonly eciLimits?: boolean;
  /** Milliseconds to hold the pods and look at what that costs. Default: not at all. */
  readonly holdMs?: number;
}

/** One Service that begins with so many pods, on a new platform; and, where nothing bounds it but the machine, another after it is gone. */
export async function* bursts(pods: number, options: BurstOptions = {}): AsyncGenerator<Burst> {
  const { eciLimits = false, holdMs = 0 } = options;
  await using platform = await startSimulatedPlatform({ serve: false, eciLimits });
  await using client = platform.connect('bench');
  await using watch = await watchPods(client, namespace);
  const on = { client: platform.client, watch };
  await makePods(on, 'begin', warmUp);
  await removePods(on, 'begin');
  yield await burst(on, pods, { ...options, warm: false });
  if (eciLimits || holdMs > 0) return;
  await removePods(on, 'burst');
  yield await burst(on, pods, { ...options, warm: true });
}

interface Measured {
  readonly client: Client;
  readonly watch: PodWatch;
}

async function makePods({ client, watch }: Measured, name: string, pods: number): Promise<void> {
  await client.create(resources.services, makeService(name, pods));
  await eventually(() => watch.readyAt.size >= pods, { what: `${pods} pods ready`, timeoutMs });
}

async function removePods({ client, watch }: Measured, name: string): Promise<void> {
  await client.delete(resources.services, { namespace, name });
  await eventually(() => watch.count === 0, { what: 'room', timeoutMs });
  watch.clear();
}

async function burst(
  on: Measured,
  pods: number,
  { eciLimits = false, holdMs = 0, warm }: BurstOptions & Pick<Burst, 'warm'>,
): Promise<Burst> {
  const { client, watch } = on;
  // ECI's limit lets so much through at once as was saved up meanwhile.
  if (eciLimits) await systemClock.sleep(savingMs);
  const cpuBefore = process.cpuUsage();
  const beganMs = systemClock.now();
  await makePods(on, 'burst', pods);
  const { user, system } = process.cpuUsage(cpuBefore);
  const firstMs = watch.firstSeenMs ?? beganMs;
  const readyMs = [...watch.readyAt.values()];
  const lastMs = readyMs.reduce((last, each) => Math.max(last, each), 0);
  globalThis.gc?.();
  const memory = process.memoryUsage();
  return {
    pods,
    warm,
    eciLimits,
    fromServiceMs: Math.round(lastMs - beganMs),
    fromFirstPodMs: Math.round(lastMs - firstMs),
    ready: quantiles(readyMs.map((each) => each - firstMs)),
    cpuMsPerPod: (user + system) / 1000 / pods,
    rssMiB: Math.round(memory.rss / 2 ** 20),
    heapMiB: Math.round(memory.heapUsed / 2 ** 20),
    held: holdMs > 0 ? await hold(client, watch, holdMs) : undefined,
  };
}

type Client = Awaited<ReturnType<typeof startSimulatedPlatform>>['client'];

async function hold(client: Client, watch: PodWatch, holdMs: number): Promise<Held> {
  // Images are learnt and last statuses written.
  await systemClock.sleep(holdMs / 4);
  const before = process.cpuUsage();
  await systemClock.sleep(holdMs);
  const { user, system } = process.cpuUsage(before);
  const names = [...watch.readyAt.keys()].slice(0, 300);
  const get: number[] = [];
  for (const name of names) {
    const beganMs = systemClock.now();
    await client.get(resources.pods, { namespace, name });
    get.push(systemClock.now() - beganMs);
  }
  return { get: quantiles(get), idleCpuMsPerMinute: Math.round(((user + system) / 1000 / holdMs) * 60_000) };
}

function makeService(name: string, pods: number): Service {
  const annotations = {
    'autoscaling.knative.dev/initial-scale': String(pods),
    'autoscaling.knative.dev/min-scale': String(pods),
  };
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      template: {
        metadata: { annotations },
        spec: { containers: [{ name: 'user-container', image: 'dev.local/burst' }] },
      },
    },
  };
}
