import type { Http2Load } from './h2load.ts';
import { type Rounds, type Turns, http2InTurns, idleInTurns, loadInTurns, paceInTurns } from './measure.ts';
import { missingPrograms } from './processes.ts';
import { type Field, type ProxyName, proxyNames } from './proxies.ts';
import type { Column } from './report.ts';
import { manyHosts } from './servers.ts';
import type { Load } from './wrk.ts';

/** Where cases are measured. */
export interface Stage {
  readonly field: Field;
  /** For files that last as long as a turn. */
  readonly folder: string;
  readonly backendPort: number;
  /** At a steady pace, all that takes part goes before other processes. */
  readonly realtime: boolean;
}

/** One table. */
export interface Case {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly run: (stage: Stage, rounds: Rounds) => Promise<Turns>;
  /** Before it counts: programs that are compiled as they run have the most to do at first. */
  readonly warmUpSeconds: number;
}

/** Those that have routes, TLS and HTTP/2. */
const serious: readonly ProxyName[] = ['ebb', 'nginx', 'haproxy'];
const few: readonly ProxyName[] = ['ebb', 'nginx'];

const cost: readonly Column[] = [
  { head: 'CPU µs/request', figure: 'cpuUs', digits: 1 },
  { head: 'of nginx (least–most)', figure: 'cpuUs', ratioTo: 'nginx' },
  { head: 'requests/s', figure: 'perSecond' },
  { head: 'of nginx (least–most)', figure: 'perSecond', ratioTo: 'nginx' },
];
const errors: Column = { head: 'errors', figure: 'errors' };
const loadColumns = [...cost, { head: 'p50 µs', figure: 'p50Us' }, { head: 'p99 µs', figure: 'p99Us' }, errors];
const http2Columns = [...cost, { head: 'mean µs', figure: 'meanUs' }, errors];

const loadCase = (name: string, load: Load, only: readonly ProxyName[] = proxyNames, warmUpSeconds = 1): Case => ({
  name,
  columns: loadColumns,
  run: (stage, rounds) => loadInTurns({ ...stage, only }, load, rounds),
  warmUpSeconds,
});

/** The one that `--quick` is content with, and `--cpu-prof` if it is not told of another. */
export const smallGet: Case = loadCase('small GET', {});

const overManyHosts = loadCase('small GET over 10,000 hosts', { hosts: manyHosts }, serious, 3);
const manyHostsCase: Case = {
  ...overManyHosts,
  run: async (stage, rounds) => {
    await stage.field.addManyHosts();
    return overManyHosts.run(stage, rounds);
  },
};

const http1Cases: readonly Case[] = [
  smallGet,
  loadCase('GET, 1 KB back', { path: '/1k' }),
  loadCase('GET, 100 KB back', { path: '/100k' }),
  loadCase('GET, 100 KB back in chunks', { path: '/streamed' }),
  loadCase('POST of 1 KB', { path: '/sink', bodyBytes: 1024 }),
  loadCase('POST of 100 KB in chunks', { path: '/sink', bodyBytes: 100 * 1024, chunked: true }),
  manyHostsCase,
  loadCase('small GET over TLS', { tls: true }, serious),
];

const http2Case = (name: string, load: Http2Load): Case => ({
  name,
  columns: http2Columns,
  run: (stage, rounds) => http2InTurns({ ...stage, only: serious }, load, rounds),
  warmUpSeconds: 2,
});

const http2Cases: readonly Case[] = [
  http2Case('HTTP/2 over TLS, small GET, 4 connections of 16', { kind: 'get', connections: 4, streams: 16 }),
  http2Case('gRPC over TLS, small calls, 4 connections of 16', { kind: 'grpc', connections: 4, streams: 16 }),
];

const connectionCases: readonly Case[] = [1, 10, 100, 1000, 10_000].map((connections) => {
  const name = `small GET, ${connections.toLocaleString('en')} connections`;
  const { run, ...rest } = loadCase(name, { connections }, few);
  // Opening them is part of the turn.
  const longer = ({ rounds, seconds }: Rounds): Rounds => ({
    rounds,
    seconds: connections > 100 ? 2 * seconds : seconds,
  });
  return { ...rest, run: (stage, rounds) => run(stage, longer(rounds)) };
});

/** The rest of a process's file descriptors is for connections to the backend and Node's own. */
const idleConnections = 19_000;

const idleCase: Case = {
  name: 'idle connections',
  columns: [
    { head: 'kept', figure: 'connections' },
    { head: 'MiB in all', figure: 'mib' },
    { head: 'bytes each', figure: 'bytesEach' },
    { head: 'CPU µs/request meanwhile', figure: 'cpuUs', digits: 1 },
  ],
  run: (stage) => idleInTurns({ ...stage, only: few }, idleConnections),
  warmUpSeconds: 0,
};

const pacedCase: Case = {
  name: '1,000 requests/s',
  columns: [
    { head: 'p50 ms', figure: 'p50', digits: 2 },
    { head: 'p99 ms', figure: 'p99', digits: 2 },
    { head: 'p50 added', figure: 'p50', digits: 2, less: 'backend alone' },
    { head: 'p99 added', figure: 'p99', digits: 2, less: 'backend alone' },
  ],
  run: (stage, rounds) => paceInTurns({ ...stage, only: proxyNames }, { ...rounds, perSecond: 1000 }),
  warmUpSeconds: 1,
};

/** Cases whose name has this in it; throws if none has. Those with idle connections come first, while no process has grown by other loads. */
export function casesNamed(part: string): readonly Case[] {
  const all = [idleCase, ...http1Cases, ...http2Cases, ...connectionCases, pacedCase];
  const chosen = all.filter(({ name }) => name.includes(part));
  if (chosen.length === 0)
    throw new Error(`no case has ${JSON.stringify(part)} in its name: ${all.map(({ name }) => name).join('; ')}`);
  if (!chosen.some((each) => http2Cases.includes(each)) || missingPrograms(['h2load']).length === 0) return chosen;
  console.log('HTTP/2 and gRPC are left out: h2load is not installed (apt-get install nghttp2-client)');
  return chosen.filter((each) => !http2Cases.includes(each));
}
