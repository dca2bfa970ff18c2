import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stage, casesNamed, smallGet } from './cases.ts';
import { missingPrograms } from './processes.ts';
import { hottest } from './profile.ts';
import { Field, proxyNames } from './proxies.ts';
import { makeTable, markdown, printed } from './report.ts';

export interface GatewayBenchOptions {
  /** Only the small GET, Ebb and nginx: some twenty seconds. */
  readonly quick?: boolean | undefined;
  /** See `Stage`. */
  readonly realtime?: boolean | undefined;
  /** Tables as Markdown. */
  readonly markdown?: boolean | undefined;
  /** Only Ebb, under Node's profiler, and where its time went. The profile stays in the folder that is named. */
  readonly cpuProf?: boolean | undefined;
  /** Only cases whose name has this in it. */
  readonly only?: string | undefined;
  /** Turns of each proxy in each case. Default 3. */
  readonly rounds?: number | undefined;
  /** Length of a turn. Default 3, 2 if it is to be quick, 10 under the profiler. */
  readonly seconds?: number | undefined;
}

/** Measures Ebb's gateway beside other proxies, in turns, on one backend. Undefined if the machine lacks what that takes. */
export async function gateway(options: GatewayBenchOptions): Promise<object | undefined> {
  const missing = missingPrograms(['nginx', 'wrk']);
  if (process.platform !== 'linux' || missing.length > 0) {
    const lacks = process.platform === 'linux' ? missing.join(', ') : 'Linux';
    console.error(`bench: gateway needs ${lacks}; on Debian: apt-get install nginx-light haproxy wrk nghttp2-client`);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'ebb-bench-'));
  try {
    return await (options.cpuProf ? profile(folder, options) : compare(folder, options));
  } finally {
    if (!options.cpuProf) rmSync(folder, { recursive: true });
  }
}

async function compare(folder: string, options: GatewayBenchOptions): Promise<object> {
  const { quick = false, realtime = false, rounds = 3, seconds = quick ? 2 : 3, only = '' } = options;
  const cases = quick ? [smallGet] : casesNamed(only);
  await using field = new Field(folder);
  const backendPort = await field.start(quick ? ['ebb', 'nginx'] : proxyNames);
  const stage: Stage = { field, folder, realtime, backendPort };
  const figures: Record<string, object> = {};
  for (const { name, columns, run, warmUpSeconds } of cases) {
    if (warmUpSeconds > 0) await run(stage, { rounds: 1, seconds: warmUpSeconds });
    const turns = await run(stage, { rounds, seconds });
    figures[name] = Object.fromEntries(turns);
    const table = makeTable(name, turns, columns);
    console.log(options.markdown ? markdown(table) : printed(table));
  }
  return figures;
}

async function profile(folder: string, { only, seconds = 10 }: GatewayBenchOptions): Promise<object> {
  const { name, run } = (only === undefined ? undefined : casesNamed(only)[0]) ?? smallGet;
  const file = join(folder, 'ebb.cpuprofile');
  {
    await using field = new Field(folder);
    const stage: Stage = { field, folder, realtime: false, backendPort: await field.start(['ebb']) };
    // What starting and compiling takes is not what a request takes.
    await run(stage, { rounds: 1, seconds: 3 });
    await field.profileEbb(file);
    await run(stage, { rounds: 1, seconds });
  }
  const functions = hottest(file);
  console.log(`\n${name}: where Ebb's time goes, function by function, without idling; the profile is ${file}\n`);
  for (const { share, what } of functions) console.log(`${share}  ${what}`);
  return { name, functions };
}
