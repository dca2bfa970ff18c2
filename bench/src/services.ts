import { type Service, keyOf, resources } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import type { Platform } from '@ebb/cli';
import { createInformer, createKubeClient, isReady } from '@ebb/kube';
import { quantiles } from './quantiles.ts';
import { startSimulatedPlatform } from './simulated-platform.ts';

/** Services created at once, one new platform each. */
const sizes: readonly number[] = [10, 100, 1000, 5000];

const timeoutMs = 600_000;
const namespace = 'default';

/** When a Service was acknowledged as created, and first seen Ready. */
interface Life {
  readonly createdMs: number;
  readyMs?: number;
}

/** How long Services take from created to Ready when so many are created at once; and how the first and last tenth of them fare. */
export async function services(wanted: readonly number[] = sizes): Promise<object> {
  const figures = [];
  for (const size of wanted) figures.push(await createAtOnce(size));
  print(figures);
  return figures;
}

type Figures = Awaited<ReturnType<typeof createAtOnce>>;

async function createAtOnce(size: number) {
  await using platform = await startSimulatedPlatform();
  const cpuBefore = process.cpuUsage();
  const began = systemClock.now();
  const lives = await live(platform, size);
  const tookMs = systemClock.now() - began;
  const { user, system } = process.cpuUsage(cpuBefore);
  const times = lives
    .toSorted((a, b) => a.createdMs - b.createdMs)
    .map(({ createdMs, readyMs = Number.NaN }) => readyMs - createdMs);
  const tenth = Math.max(1, Math.round(size / 10));
  return {
    size,
    tookMs,
    cpuMsPerService: (user + system) / 1000 / size,
    heapMiB: process.memoryUsage().heapUsed / 2 ** 20,
    all: quantiles(times),
    first: quantiles(times.slice(0, tenth)),
    last: quantiles(times.slice(-tenth)),
  };
}

/** Creates them all at once and waits until each is Ready. */
async function live({ kubeconfig }: Platform, size: number): Promise<readonly Life[]> {
  await using client = createKubeClient({ kubeconfig, timeoutMs });
  const lives = new Map<string, Life>();
  const readyAt = new Map<string, number>();
  const stop = new AbortController();
  const informer = createInformer(client, resources.services, {
    namespace,
    clock: systemClock,
    logger: silentLogger,
    random: Math.random,
  });
  const seen = informer.events.subscribe(({ object }) => {
    const key = keyOf(object);
    if (isReady(object) && !readyAt.has(key)) readyAt.set(key, systemClock.now());
  });
  const watching = informer.run({ signal: stop.signal });
  await informer.synced;
  await Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const created = await client.create(resources.services, makeService(`service-${index}`));
      lives.set(keyOf(created), { createdMs: systemClock.now() });
    }),
  );
  await eventually(() => readyAt.size === size, { what: `${size} Services ready`, timeoutMs });
  stop.abort();
  await watching;
  seen.unsubscribe();
  // One may be seen Ready before its creation is acknowledged.
  return [...lives].map(([key, { createdMs }]) => ({ createdMs, readyMs: Math.max(createdMs, readyAt.get(key) ?? 0) }));
}

function makeService(name: string): Service {
  return {
    apiVersion: 'serving.knative.dev/v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { template: { spec: { containers: [{ name: 'user-container', image: 'dev.local/simulated' }] } } },
  };
}

function print(figures: readonly Figures[]): void {
  console.log(
    '\ncreated → Ready, milliseconds, so many Services created at once, simulated instances of 80 to 160 ms\n',
  );
  const heads = [
    'Services',
    'p50',
    'p95',
    'max',
    'p95 first tenth',
    'p95 last tenth',
    'all Ready after',
    'CPU each',
    'heap MiB',
  ];
  console.log(heads.map((head) => head.padStart(16)).join(''));
  for (const { size, all, first, last, tookMs, cpuMsPerService, heapMiB } of figures) {
    const cells = [size, all.p50, all.p95, all.max, first.p95, last.p95, tookMs, cpuMsPerService, heapMiB];
    console.log(cells.map((cell) => cell.toFixed(cell === size ? 0 : 1).padStart(16)).join(''));
  }
}
