import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from 'mitata';
import { activatorBenches } from './activator.bench.ts';
import { apiWrites } from './api-writes.ts';
import { autoscalerBenches } from './autoscaler.bench.ts';
import { autoscalerScale } from './autoscaler-scale.ts';
import { coldStart } from './cold-start.ts';
import { gateway } from './gateway/gateway.ts';
import { node } from './node.ts';
import { routerBenches } from './router.bench.ts';
import { services } from './services.ts';
import { start } from './start.ts';

const suites = { autoscaler: autoscalerBenches, router: routerBenches, activator: activatorBenches } as const;
const results = join(import.meta.dirname, '..', 'results');

/** Writes one suite's figures as JSON, with what they were measured on. */
function save(name: string, figures: object): void {
  mkdirSync(results, { recursive: true });
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
  const file = join(results, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ name, at: new Date().toISOString(), machine, figures }, null, 2)}\n`);
  console.log(`\nwritten to ${file}`);
}

const { positionals: args, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean' },
    markdown: { type: 'boolean' },
    realtime: { type: 'boolean' },
    'cpu-prof': { type: 'boolean' },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    rates: { type: 'string' },
  },
});
/** Numbers say how many Services `services` creates at once, and how many pods `node`. */
const sizes = args.filter((arg) => /^\d+$/.test(arg)).map(Number);
const wanted = args.filter((arg) => !/^\d+$/.test(arg));

/** Suites that measure a whole platform. */
const platforms = {
  'api-writes': () => apiWrites(),
  'autoscaler-scale': autoscalerScale,
  'cold-start': coldStart,
  gateway: () =>
    gateway({
      ...options,
      cpuProf: options['cpu-prof'],
      rounds: options.rounds === undefined ? undefined : Number(options.rounds),
      seconds: options.seconds === undefined ? undefined : Number(options.seconds),
    }),
  node: () =>
    node({
      sizes: sizes.length > 0 ? sizes : undefined,
      quick: options.quick,
      rates: options.rates?.split(',').map(Number),
      seconds: options.seconds === undefined ? undefined : Number(options.seconds),
    }),
  services: () => services(sizes.length > 0 ? sizes : undefined),
  start,
} as const;
const known = [...Object.keys(suites), ...Object.keys(platforms)];
const strange = wanted.filter((name) => !known.includes(name));
if (strange.length > 0) {
  console.error(`bench: no such suite: ${strange.join(', ')}; there are: ${known.join(', ')}`);
  process.exit(1);
}
const asked = wanted.length > 0 ? wanted : known;
/** The autoscaler is measured for one revision and for many. */
const chosen = asked.includes('autoscaler') ? [...asked, 'autoscaler-scale'] : asked;

const micro = Object.entries(suites).filter(([name]) => chosen.includes(name));
for (const [, register] of micro) register();
if (micro.length > 0) {
  const { benchmarks } = await run();
  const figures = benchmarks.flatMap(({ runs }) =>
    runs.flatMap(({ name, stats }) => {
      if (!stats) return [];
      const { avg, min, max, p50, p75, p99 } = stats;
      return [{ name, unit: 'ns', p50, avg, min, max, p75, p99, heapBytes: stats.heap?.avg }];
    }),
  );
  save(micro.map(([name]) => name).join('-'), figures);
}
let failed = false;
for (const [name, measure] of Object.entries(platforms)) {
  if (!chosen.includes(name)) continue;
  const figures = await measure();
  if (figures) save(name, figures);
  else failed ||= wanted.includes(name);
}
process.exit(failed ? 1 : 0);
