import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Rounds, type Turns, idleInTurns, loadInTurns, paceInTurns } from './measure.ts';
import { missingPrograms } from './processes.ts';
import { hottest } from './profile.ts';
import { Field, type ProxyName, proxyNames } from './proxies.ts';
import { type Column, type Table, makeTable, markdown, printed } from './report.ts';
import { manyHosts } from './servers.ts';
import type { Load } from './wrk.ts';

export interface GatewayBenchOptions {
  /** Only the small GET, Ebb and nginx: some twenty seconds. */
  readonly quick?: boolean | undefined;
  /** Tables as Markdown. */
  readonly markdown?: boolean | undefined;
  /** Only Ebb, under Node's profiler, and where its time went. The profile stays in the folder that is named. */
  readonly cpuProf?: boolean | undefined;
  /** Only cases whose name has this in it. */
  readonly only?: string | undefined;
  /** Turns of each proxy in each case. Default 5. */
  readonly rounds?: number | undefined;
  /** Length of a turn. Default 3. */
  readonly seconds?: number | undefined;
}

/** The rest of a process's file descriptors is for connections to the backend and Node's own. */
const idleConnections = 19_000;

const loads: readonly { readonly name: string; readonly load: Load; readonly only?: readonly ProxyName[] }[] = [
  { name: 'small GET', load: {} },
  { name: 'GET, 1 KB back', load: { path: '/1k' } },
  { name: 'GET, 100 KB back', load: { path: '/100k' } },
  { name: 'GET, 100 KB back in chunks', load: { path: '/streamed' } },
  { name: 'POST of 1 KB', load: { path: '/sink', bodyBytes: 1024 } },
  { name: 'POST of 100 KB in chunks', load: { path: '/sink', bodyBytes: 100 * 1024, chunked: true } },
  {
    name: 'small GET over 10,000 hosts',
    load: { hosts: manyHosts },
    only: ['ebb', 'nginx', 'haproxy'],
  },
];

const connectionCounts = [1, 10, 100, 1000, 10_000];

const loadColumns: readonly Column[] = [
  { head: 'CPU µs/request', figure: 'cpuUs', digits: 1 },
  { head: 'of nginx (least–most)', figure: 'cpuUs', ratioTo: 'nginx' },
  { head: 'requests/s', figure: 'perSecond' },
  { head: 'of nginx (least–most)', figure: 'perSecond', ratioTo: 'nginx' },
  { head: 'p50 µs', figure: 'p50Us' },
  { head: 'p99 µs', figure: 'p99Us' },
  { head: 'errors', figure: 'errors' },
];

/** Measures Ebb's gateway beside other proxies, in turns, on one backend. Undefined if the machine lacks what that takes. */
export async function gateway(options: GatewayBenchOptions): Promise<object | undefined> {
  const missing = missingPrograms(['nginx', 'wrk']);
  if (process.platform !== 'linux' || missing.length > 0) {
    const lacks = process.platform === 'linux' ? missing.join(', ') : 'Linux';
    console.error(`bench: gateway needs ${lacks}; on Debian: apt-get install nginx-light haproxy wrk`);
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
  const { quick = false } = options;
  const round: Rounds = { rounds: options.rounds ?? (quick ? 3 : 5), seconds: options.seconds ?? (quick ? 2 : 3) };
  await using field = new Field(folder);
  const all: readonly ProxyName[] = quick ? ['ebb', 'nginx'] : proxyNames;
  const backendPort = await field.start(all);
  await loadInTurns({ field, folder, only: all }, {}, { rounds: 1, seconds: quick ? 1 : 2 }); // to warm up
  const figures: Record<string, object> = {};
  const measure = async (name: string, task: () => Promise<Turns>, columns: readonly Column[]): Promise<void> => {
    if (options.only !== undefined && !name.includes(options.only)) return;
    const turns = await task();
    figures[name] = Object.fromEntries(turns);
    show(makeTable(name, turns, columns), options);
  };
  const few: readonly ProxyName[] = ['ebb', 'nginx'];
  // First, while no process has grown by other loads.
  if (!quick) {
    await measure('idle connections', () => idleInTurns({ field, folder, only: few }, idleConnections), [
      { head: 'kept', figure: 'connections' },
      { head: 'MiB in all', figure: 'mib' },
      { head: 'bytes each', figure: 'bytesEach' },
      { head: 'CPU µs/request meanwhile', figure: 'cpuUs', digits: 1 },
    ]);
  }
  for (const { name, load, only = all } of quick ? loads.slice(0, 1) : loads) {
    await measure(name, () => loadInTurns({ field, folder, only }, load, round), loadColumns);
  }
  if (quick) return figures;
  for (const connections of connectionCounts) {
    const name = `small GET, ${connections.toLocaleString('en')} connections`;
    // Opening them is part of the turn.
    const turn = { ...round, seconds: connections > 100 ? round.seconds * 2 : round.seconds };
    await measure(name, () => loadInTurns({ field, folder, only: few }, { connections }, turn), loadColumns);
  }
  const perSecond = 1000;
  const pace = { ...round, seconds: Math.max(5, round.seconds), perSecond };
  await measure('1,000 requests/s', () => paceInTurns({ field, backendPort, only: all }, pace), [
    { head: 'p50 ms', figure: 'p50', digits: 2 },
    { head: 'p99 ms', figure: 'p99', digits: 2 },
    { head: 'p50 added', figure: 'p50', digits: 2, less: 'backend alone' },
    { head: 'p99 added', figure: 'p99', digits: 2, less: 'backend alone' },
  ]);
  return figures;
}

async function profile(folder: string, { only = 'small GET', seconds = 10 }: GatewayBenchOptions): Promise<object> {
  const { name, load } = loads.find((each) => each.name.includes(only)) ?? { name: 'small GET', load: {} };
  const file = join(folder, 'ebb.cpuprofile');
  {
    await using field = new Field(folder);
    await field.start(['ebb']);
    const turn = (length: number) =>
      loadInTurns({ field, folder, only: ['ebb'] }, load, { rounds: 1, seconds: length });
    await turn(3); // what starting and compiling takes is not what a request takes
    await field.profileEbb(file);
    await turn(seconds);
  }
  const functions = hottest(file);
  console.log(`\n${name}: where Ebb's time goes, function by function, without idling; the profile is ${file}\n`);
  for (const { share, what } of functions) console.log(`${share}  ${what}`);
  return { name, functions };
}

function show(table: Table, options: GatewayBenchOptions): void {
  console.log(options.markdown ? markdown(table) : printed(table));
}
