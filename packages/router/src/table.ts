import { type Ingress, ingressClass as ebbClass, keyOf, keys } from '@ebb/api';
import { anyHost, compileIngress } from './compile.ts';
import { hostName } from './hosts.ts';
import type { CompiledIngress, Forward, HostRoutes, PathRoute, RouteRequest, RouteResult } from './route.ts';
import { ShardedMap } from './sharded-map.ts';

export interface TableOptions {
  /** Only Ingresses of this class are taken in. Default: Ebb's own. */
  readonly ingressClass?: string | undefined;
  /** Default `cluster.local`. */
  readonly clusterDomain?: string | undefined;
  /** Where clients reach https, for redirects. Default 443. */
  readonly httpsPort?: number | undefined;
  /** Numbers in [0, 1), which make the order within a split. Default: a fixed sequence. */
  readonly random?: (() => number) | undefined;
}

/** Who claims a host, the oldest first: that one has it. */
interface HostEntry {
  readonly claims: readonly { readonly ingress: CompiledIngress; readonly routes: HostRoutes }[];
}

/**
 * Which revision serves which request: all Ingresses, made ready for matching. Immutable but for the state of the splits,
 * which it shares with the tables made from it.
 */
export interface RoutingTable {
  readonly options: Required<{ [K in keyof TableOptions]: NonNullable<TableOptions[K]> }>;
  readonly hosts: ShardedMap<HostEntry>;
  readonly ingresses: ShardedMap<CompiledIngress>;
}

export interface TableUpdate {
  readonly table: RoutingTable;
  /** Keys of other Ingresses that claim a host of the changed one: one of them may have won or lost it. */
  readonly affected: readonly string[];
}

/** The table of these Ingresses. */
export function buildTable(ingresses: readonly Ingress[], options: TableOptions = {}): RoutingTable {
  let table: RoutingTable = {
    options: {
      ingressClass: options.ingressClass ?? ebbClass,
      clusterDomain: options.clusterDomain ?? 'cluster.local',
      random: options.random ?? fixedSequence(),
      httpsPort: options.httpsPort ?? 443,
    },
    hosts: ShardedMap.empty(),
    ingresses: ShardedMap.empty(),
  };
  for (const ingress of ingresses) table = updateTable(table, keyOf(ingress), ingress).table;
  return table;
}

/**
 * The table with one Ingress put in, replaced, or (`undefined`, or of another class) taken away. Costs as much as the
 * Ingress has hosts, however many others there are. Splits that have not changed go on where they were.
 */
export function updateTable(table: RoutingTable, key: string, ingress: Ingress | undefined): TableUpdate {
  const previous = table.ingresses.get(key);
  const { clusterDomain, random, ingressClass } = table.options;
  const next =
    ingress && classOf(ingress) === ingressClass
      ? compileIngress(ingress, { clusterDomain, random, previous })
      : undefined;
  if (!previous && !next) return { table, affected: [] };
  const hosts = new Map<string, HostEntry | undefined>();
  const affected = new Set<string>();
  for (const host of new Set([...(previous?.hosts.keys() ?? []), ...(next?.hosts.keys() ?? [])])) {
    const others = (table.hosts.get(host)?.claims ?? []).filter((claim) => claim.ingress.key !== key);
    for (const claim of others) affected.add(claim.ingress.key);
    const routes = next?.hosts.get(host);
    const claims = next && routes ? [...others, { ingress: next, routes }].sort(byAge) : others;
    hosts.set(host, claims.length > 0 ? { claims } : undefined);
  }
  const changed = { hosts: table.hosts.with(hosts), ingresses: table.ingresses.with(new Map([[key, next]])) };
  return { table: { ...table, ...changed }, affected: [...affected] };
}

/** Hosts this Ingress asks for but does not have, as an older one has them, each with that one's key. */
export function conflictsOf(table: RoutingTable, key: string): ReadonlyMap<string, string> {
  const conflicts = new Map<string, string>();
  for (const host of table.ingresses.get(key)?.hosts.keys() ?? []) {
    const owner = table.hosts.get(host)?.claims[0]?.ingress.key;
    if (owner !== undefined && owner !== key) conflicts.set(host, owner);
  }
  return conflicts;
}

const notFound: RouteResult = { kind: 'notFound' };

/** What is to be done with a request. Takes a turn of the split it falls into, if the client does not come back to one of its revisions. */
export function route(table: RoutingTable, request: RouteRequest): RouteResult {
  const claim = claimOn(table, hostName(request.host), request) ?? claimOn(table, anyHost, request);
  if (!claim) return notFound;
  const path = matchPath(claim.routes[request.listener], request);
  if (!path) return notFound;
  if (claim.ingress.redirected && isPlain(request)) {
    const { httpsPort } = table.options;
    const port = httpsPort === 443 ? '' : `:${httpsPort}`;
    const location = `https://${hostName(request.host)}${port}${request.path}`;
    return { kind: 'redirect', ingress: claim.ingress, location };
  }
  const target = targetIn(path, request) ?? notFound;
  return target.kind === 'forward' && target.rewriteHost ? follow(table, target, target.rewriteHost, request) : target;
}

/** Where authorities ask for the proof that a host is ours, before it can have a certificate. */
const acmePrefix = '/.well-known/acme-challenge/';

const isPlain = ({ listener, secure, path }: RouteRequest): boolean =>
  listener === 'public' && !secure && !path.startsWith(acmePrefix);

/**
 * A mapped domain leads on to the host it stands for, as asked from inside the cluster (data-path.md, section 4.4): what serves
 * that host serves the domain, and sees the domain as `Host`. A host that is not in the table is left to the target.
 */
function follow(table: RoutingTable, mapped: Forward, rewriteHost: string, request: RouteRequest): RouteResult {
  const { host, path: asked, returnsTo } = request;
  const header = (name: string): string | undefined => request.header(name);
  const inside: RouteRequest = { host, path: asked, listener: 'private', returnsTo, header };
  const claim = claimOn(table, hostName(rewriteHost), inside);
  const path = claim && matchPath(claim.routes.private, inside);
  const target = path && targetIn(path, inside);
  if (!target) return mapped;
  const { ingress, setHeaders } = mapped;
  return { ...target, ingress, setHeaders: mergeHeaders(setHeaders, target.setHeaders), rewriteHost: undefined };
}

/** `K-Original-Host` tells the way from one gateway to the next, which is none here; of two of a name the inner one holds. */
function mergeHeaders(outer: readonly string[], inner: readonly string[]): readonly string[] {
  const names = new Set(['k-original-host', ...inner.filter((_, index) => index % 2 === 0).map(toLowerCase)]);
  const kept = outer.filter((_, index) => !names.has((outer[index - (index % 2)] ?? '').toLowerCase()));
  return [...kept, ...inner];
}

const toLowerCase = (text: string): string => text.toLowerCase();

/** A host with nothing to show on this listener counts as unknown there. */
function claimOn(table: RoutingTable, host: string, { listener }: RouteRequest): HostEntry['claims'][0] | undefined {
  const claim = table.hosts.get(host)?.claims[0];
  return claim && claim.routes[listener].length > 0 ? claim : undefined;
}

function matchPath(routes: readonly PathRoute[], request: RouteRequest): PathRoute | undefined {
  for (const candidate of routes)
    if (request.path.startsWith(candidate.prefix) && hasHeaders(request, candidate)) return candidate;
  return undefined;
}

function targetIn({ targets, shares }: PathRoute, { returnsTo }: RouteRequest): Forward | undefined {
  const isKnown = ({ revisionKey }: Forward, index: number): boolean =>
    returnsTo?.(revisionKey) === true && shares.has(index);
  const known = returnsTo && targets.length > 1 ? targets.find(isKnown) : undefined;
  return known ?? targets[shares.next()];
}

function hasHeaders(request: RouteRequest, { headers }: PathRoute): boolean {
  for (const [name, value] of headers) if (request.header(name) !== value) return false;
  return true;
}

function classOf({ metadata: { annotations = {} } }: Ingress): string | undefined {
  return annotations[keys.ingressClass] ?? annotations['networking.knative.dev/ingress-class'];
}

type Claim = HostEntry['claims'][0];

function byAge({ ingress: a }: Claim, { ingress: b }: Claim): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}

/** A linear congruential sequence: good enough to stir an order, the same in each run. */
function fixedSequence(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
