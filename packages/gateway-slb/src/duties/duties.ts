import type { Forward } from '@ebb/router';
import { mayConnect } from '../edge/address-list.ts';
import { clientAddress } from '../edge/client-address.ts';
import type { EdgeSettings } from '../edge/edge-settings.ts';
import type { Downstream, Peer } from '../http/downstream.ts';
import { HeaderList, withoutHeaders } from '../http/header-block.ts';
import { type Refusal, refusals } from '../http/refusal.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { AccessLog } from './access-log.ts';
import { type Binding, createBinding } from './affinity.ts';
import type { RateLimits } from './rate-limits.ts';
import { type RequestTracer, type RequestWatcher, WatchedDownstream, bothOf } from './request-watcher.ts';

/** What a load balancer does beside passing requests on. */
export interface DutiesOptions {
  readonly settings: EdgeSettings;
  readonly limits: RateLimits;
  readonly log: AccessLog | undefined;
  readonly tracer: RequestTracer | undefined;
  /** Where clients reach https. */
  readonly httpsPort: number;
}

const acmePrefix = '/.well-known/acme-challenge/';
const portHeaders: ReadonlySet<string> = new Set(['x-forwarded-port', 'x-forwarded-client-srcport']);

/** Does for requests from the world what is asked of a load balancer. There is none of it while nothing is asked. */
export class Duties {
  readonly #options: DutiesOptions;

  constructor(options: DutiesOptions) {
    this.#options = options;
  }

  /** Whether anything of this is asked for. */
  static needed({ settings, limits, log, tracer }: Omit<DutiesOptions, 'httpsPort'>): boolean {
    const { access, httpsOnly, affinity, trustedProxies, forwarded } = settings;
    const { allow, deny } = access;
    const { slbPort, clientPort } = forwarded;
    const asked = [allow, deny, httpsOnly, affinity, trustedProxies, slbPort, clientPort, log, tracer, !limits.isEmpty];
    return asked.some(Boolean);
  }

  /** Sees to what a request says of where it comes from, before it is routed. A refusal answers it. */
  admit(head: RequestHead, path: string, peer: Peer): Refusal | undefined {
    const { settings, httpsPort } = this.#options;
    if (peer.listener !== 'public') return undefined;
    const { access, httpsOnly, trustedProxies, forwarded } = settings;
    // The connection may be older than the lists. Gateways ask each other from wherever they are.
    if (head.probe === undefined && !mayConnect(access, peer.address)) return refusals.addressDenied;
    if (httpsOnly && peer.proto === 'http' && !path.startsWith(acmePrefix) && head.probe === undefined) {
      return redirect(head.host, path, httpsPort);
    }
    if (trustedProxies && !trustedProxies.has(peer.address)) forgetForwarded(head);
    if (forwarded.slbPort || forwarded.clientPort) addPorts(head, peer, forwarded);
    return undefined;
  }

  /** Whether a request to this route is counted against limits. */
  isLimited({ ingress }: Forward, { listener }: Peer): boolean {
    return listener === 'public' && this.#options.limits.has(ingress.key);
  }

  /** Counts a request against the limits of its route, and calls back, at once or soon: a refusal answers it. */
  limit({ ingress }: Forward, head: RequestHead, peer: Peer, decided: (refusal: Refusal | undefined) => void): void {
    const { limits, settings } = this.#options;
    const client = clientAddress(peer.address, head.forwardedFor, settings.trustedProxies);
    limits.take(ingress.key, client, (waitMs) => decided(waitMs > 0 ? tooMany(waitMs) : undefined));
  }

  /** The instance the client is to come back to, if that is asked for. */
  binding(head: RequestHead, { proto, listener }: Peer): Binding | undefined {
    const { affinity } = this.#options.settings;
    return affinity && listener === 'public' ? createBinding(affinity, head, proto === 'https') : undefined;
  }

  /** What to use in place of `downstream`. */
  watch(downstream: Downstream, head: RequestHead, peer: Peer): Downstream {
    const watcher = this.watcher(head, peer);
    return watcher ? new WatchedDownstream(downstream, watcher) : downstream;
  }

  /** Who is to be told what becomes of a request. */
  watcher(head: RequestHead, peer: Peer): RequestWatcher | undefined {
    const { log, tracer } = this.#options;
    const trace = tracer?.begin(head, peer);
    const entry = log?.begin(head, peer, trace?.traceId);
    return trace && entry ? bothOf(trace, entry) : (trace ?? entry);
  }
}

function tooMany(waitMs: number): Refusal {
  const headers = ['Retry-After', String(Math.ceil(waitMs / 1000))];
  return { status: 429, reason: 'rate-limited', text: 'too many requests', headers };
}

function redirect(host: string, path: string, httpsPort: number): Refusal {
  const port = httpsPort === 443 ? '' : `:${httpsPort}`;
  const location = `https://${host.replace(/:\d*$/, '')}${port}${path}`;
  return { status: 301, reason: 'redirect', text: '', headers: ['Location', location] };
}

/** What somebody says of whom they ask for, whom nobody has reason to believe. */
function forgetForwarded(head: RequestHead): void {
  head.forwardedFor = head.forwardedHost = undefined;
  head.forwarded = false;
  head.headers = new HeaderList(withoutHeaders(head.headers.list(), new Set(['forwarded', 'x-forwarded-host'])));
}

function addPorts(head: RequestHead, peer: Peer, wanted: EdgeSettings['forwarded']): void {
  const added = withoutHeaders(head.headers.list(), portHeaders);
  if (wanted.slbPort && peer.ownPort !== undefined) added.push('X-Forwarded-Port', String(peer.ownPort));
  if (wanted.clientPort && peer.port !== undefined) added.push('X-Forwarded-Client-srcport', String(peer.port));
  head.headers = new HeaderList(added);
}
