import type { Field, ProxyName } from './proxies.ts';
import { paced } from './paced.ts';
import { atOnce, cpuMs, residentBytes } from './processes.ts';
import { openIdle } from './idle.ts';
import { type Http2Load, h2load } from './h2load.ts';
import { type Load, wrk } from './wrk.ts';
import { host } from './servers.ts';

/** What one proxy's turn gave: figures by name. */
export type Turn = Readonly<Record<string, number>>;

/** Turns of each proxy, in the order of the rounds. */
export type Turns = ReadonlyMap<string, readonly Turn[]>;

export interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
}

/** Lets each have its turn in every round; who was first is last in the next. */
export async function inTurns<T>(
  who: ReadonlyMap<string, T>,
  rounds: number,
  turn: (each: T) => Promise<Turn>,
): Promise<Turns> {
  const turns = new Map([...who.keys()].map((name) => [name, [] as Turn[]]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? [...who] : [...who].toReversed();
    for (const [name, each] of order) turns.get(name)?.push(await turn(each));
  }
  return turns;
}

/** Loads these proxies by wrk: processor time a request, requests a second, latency, errors. */
export function loadInTurns(
  { field, folder, only }: { field: Field; folder: string; only: readonly ProxyName[] },
  load: Load,
  { rounds, seconds }: Rounds,
): Promise<Turns> {
  return inTurns(pick(field, only), rounds, async ({ pid, port: plain, tlsPort }) => {
    const port = load.tls ? (tlsPort ?? Number.NaN) : plain;
    const before = cpuMs(pid);
    const outcome = await wrk(folder, { port, seconds, load, hosts: load.hosts ?? [host] });
    const cpuUs = ((cpuMs(pid) - before) * 1000) / outcome.requests;
    const { perSecond, p50Us, p99Us, errors } = outcome;
    return { cpuUs, perSecond, p50Us, p99Us, errors };
  });
}

/** Loads these proxies by h2load: HTTP/2 over TLS. */
export function http2InTurns(
  { field, folder, only }: { field: Field; folder: string; only: readonly ProxyName[] },
  load: Http2Load,
  { rounds, seconds }: Rounds,
): Promise<Turns> {
  return inTurns(pick(field, only), rounds, async ({ pid, tlsPort = Number.NaN }) => {
    const before = cpuMs(pid);
    const { requests, perSecond, meanUs, errors } = await h2load(folder, { port: tlsPort, seconds, load });
    return { cpuUs: ((cpuMs(pid) - before) * 1000) / requests, perSecond, meanUs, errors };
  });
}

/** Latency at a steady pace, of the backend alone and through each proxy, in milliseconds. */
export function paceInTurns(
  {
    field,
    backendPort,
    realtime,
    only,
  }: {
    field: Field;
    backendPort: number;
    realtime: boolean;
    only: readonly ProxyName[];
  },
  { rounds, seconds, perSecond }: Rounds & { readonly perSecond: number },
): Promise<Turns> {
  const who = new Map<string, { readonly port: number }>([
    ['backend alone', { port: backendPort }],
    ...pick(field, only),
  ]);
  return inTurns(who, rounds, async ({ port }) => {
    using _ = realtime ? atOnce() : undefined;
    const { p50, p99 } = await paced({ port, perSecond, seconds });
    return { p50, p99 };
  });
}

/** Memory with so many connections that are kept and idle, and what a request costs meanwhile. */
export async function idleInTurns(
  { field, folder, only }: { field: Field; folder: string; only: readonly ProxyName[] },
  count: number,
): Promise<Turns> {
  return inTurns(pick(field, only), 1, async ({ pid, port }) => {
    const before = residentBytes(pid);
    using idle = await openIdle(port, count);
    const connections = idle.open();
    const bytes = residentBytes(pid);
    const cpuBefore = cpuMs(pid);
    const { requests } = await wrk(folder, { port, seconds: 3, load: {}, hosts: [host] });
    const cpuUs = ((cpuMs(pid) - cpuBefore) * 1000) / requests;
    return { connections, mib: bytes / 2 ** 20, bytesEach: (bytes - before) / connections, cpuUs };
  });
}

function pick(field: Field, only: readonly ProxyName[]) {
  return new Map([...field.proxies].filter(([name]) => only.includes(name)));
}
