import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Burst, bursts as burstsOf } from './node/burst.ts';
import { plotRates } from './node/plot.ts';
import { type RateResult, coldStartsAt } from './node/rate.ts';

export interface NodeOptions {
  /** Only bursts of so many pods, without ECI's limits. Default: all that is measured here. */
  readonly sizes?: readonly number[] | undefined;
  /** Only cold starts, so many a second. Default: bursts, then 50 to 2,500 of them. */
  readonly rates?: readonly number[] | undefined;
  /** How long each rate is kept up. Default 10 s. */
  readonly seconds?: number | undefined;
  /** Small sizes only. Default false. */
  readonly quick?: boolean | undefined;
}

const allRates = [50, 100, 200, 400, 800, 1200, 1600, 2000, 2500];
const quickRates = [50, 100, 200];
/** Where they are drawn: the document about them shows it. */
const plot = join(import.meta.dirname, '..', '..', 'docs', 'img', 'cold-starts.svg');
const idleMs = 60_000;
/** A rate of which less than this share is reached is more than there is: none above it is tried. */
const saturated = 0.7;

/**
 * The virtual node under load, in one process with the embedded API, the local ECI and simulated instances: bursts of pods, with and
 * without ECI's limit of 1,000 creations a minute, in a process that has had none before and in one that has; 20,000 pods held; cold starts at growing rates.
 */
export async function node({ sizes, rates, seconds = 10, quick = false }: NodeOptions = {}): Promise<object> {
  const bursts: Burst[] = [];
  const measure = async (...args: Parameters<typeof burstsOf>): Promise<void> => {
    for await (const burst of burstsOf(...args)) {
      bursts.push(burst);
      printBursts([burst]);
    }
  };
  if (rates) return { rates: await tryRates(rates, seconds) };
  if (sizes) {
    for (const size of sizes) await measure(size, size >= 20_000 ? { holdMs: idleMs } : {});
    return { bursts };
  }
  await measure(500, { eciLimits: true });
  await measure(500);
  if (!quick) {
    await measure(2000);
    await measure(20_000, { holdMs: idleMs });
  }
  const results = await tryRates(quick ? quickRates : allRates, seconds);
  console.log('\nall of it\n');
  printBursts(bursts);
  printRates(results);
  return { bursts, rates: results };
}

/** One rate after the other, up to what there is; draws them. */
async function tryRates(rates: readonly number[], seconds: number): Promise<readonly RateResult[]> {
  const results: RateResult[] = [];
  for (const rate of rates) {
    const result = await coldStartsAt(rate, seconds);
    results.push(result);
    printRates([result]);
    if (result.reachedPerSecond < saturated * rate) break;
  }
  writeFileSync(plot, plotRates(results));
  console.log(`\ndrawn to ${plot}`);
  return results;
}

function printBursts(bursts: readonly Burst[]): void {
  console.log('\nso many pods of one Service at once, simulated instances of 80 to 160 ms; milliseconds\n');
  const heads = [
    'pods',
    'process',
    'create limit',
    'Service → all',
    'pod → all',
    'p50',
    'p99',
    'CPU each',
    'RSS MiB',
    'heap MiB',
    'get p50',
    'get p99',
    'CPU of a minute',
  ];
  console.log(heads.map((head) => head.padStart(15)).join(''));
  for (const {
    pods,
    warm,
    eciLimits,
    fromServiceMs,
    fromFirstPodMs,
    ready,
    cpuMsPerPod,
    rssMiB,
    heapMiB,
    held,
  } of bursts) {
    const cells = [
      String(pods),
      warm ? 'warm' : 'cold',
      eciLimits ? '1,000 a minute' : 'none',
      String(fromServiceMs),
      String(fromFirstPodMs),
      ready.p50.toFixed(0),
      ready.p99.toFixed(0),
      cpuMsPerPod.toFixed(1),
      String(rssMiB),
      String(heapMiB),
      held?.get.p50.toFixed(1) ?? '',
      held?.get.p99.toFixed(1) ?? '',
      held ? String(held.idleCpuMsPerMinute) : '',
    ];
    console.log(cells.map((cell) => cell.padStart(15)).join(''));
  }
}

function printRates(results: readonly RateResult[]): void {
  console.log("\ncold starts a second; Ebb's own share of each, milliseconds\n");
  const heads = ['asked', 'reached', 'lost', 'p50', 'p90', 'p99', 'max', 'CPU each'];
  console.log(heads.map((head) => head.padStart(11)).join(''));
  for (const { perSecond, reachedPerSecond, lost, share, cpuMsPerStart } of results) {
    const cells = [perSecond, reachedPerSecond, lost, share.p50, share.p90, share.p99, share.max, cpuMsPerStart];
    console.log(cells.map((cell, at) => cell.toFixed(at < 3 ? 0 : 1).padStart(11)).join(''));
  }
}
