import type { Lease } from '@ebb/api';
import type { Clock } from '@ebb/base';
import { parseAddress } from '../kubernetes/gateway-lease.ts';
import type { ListenAddress } from '../http/listen.ts';
import type { Announcement } from './agreement.ts';

/** On a gateway's Lease: what it announces (`Announcement`, as JSON). */
const sharesAnnotation = 'ebb.dev/gateway-shares';
/** On a gateway's Lease: where it lends slots. */
const lendingAnnotation = 'ebb.dev/lending-address';

/** A gateway by its Lease. */
export interface Listed {
  readonly announcement: Announcement | undefined;
  readonly lending: ListenAddress | undefined;
}

export interface RollCall {
  /** The other gateways that count as alive, by name of their Lease. */
  readonly others: ReadonlyMap<string, Listed>;
  /** This one's own, as the others can see it. */
  readonly own: Announcement | undefined;
}

interface Seen {
  readonly record: string;
  at: number;
}

const defaultSeconds = 10;

/** By its own word, a Lease that has not been renewed for so long is of one that is gone: no two clocks are that far apart. */
const longGoneMs = 60_000;

/**
 * Which gateways are alive, by their Leases. The silence of another one is measured against this one's own signs of life: while
 * the API server is away nobody's Lease is seen to be renewed, and nobody counts as dead for it.
 */
export class Roll {
  readonly #clock: Clock;
  readonly #own: string;
  readonly #seen = new Map<string, Seen>();

  /** @param own Name of this gateway's Lease. */
  constructor(clock: Clock, own: string) {
    this.#clock = clock;
    this.#own = own;
  }

  call(leases: readonly Lease[]): RollCall {
    const now = this.#clock.now();
    const before = this.#seen.get(this.#own)?.at;
    for (const lease of leases) this.#see(lease, now);
    const own = this.#seen.get(this.#own);
    const lease = leases.find(({ metadata }) => metadata.name === this.#own);
    if (own && before !== undefined && own.at - before > durationMsOf(lease)) {
      // Nothing was heard of anybody for a while. All are given the time to be heard of again.
      for (const seen of this.#seen.values()) seen.at = now;
    }
    const others = new Map<string, Listed>();
    for (const each of leases) {
      const { name = '' } = each.metadata;
      if (name !== this.#own && this.#isAlive(each, own?.at, now)) others.set(name, readListed(each));
    }
    const names = new Set(leases.map(({ metadata }) => metadata.name));
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    return { others, own: lease && readListed(lease).announcement };
  }

  #see({ metadata, spec }: Lease, now: number): void {
    const { name = '', uid = '' } = metadata;
    const record = `${uid} ${spec?.holderIdentity} ${spec?.renewTime}`;
    if (this.#seen.get(name)?.record !== record) this.#seen.set(name, { record, at: now });
  }

  #isAlive(lease: Lease, ownAt: number | undefined, now: number): boolean {
    const renewed = Date.parse(lease.spec?.renewTime ?? '');
    if (now - renewed > longGoneMs + durationMsOf(lease)) return false;
    const at = this.#seen.get(lease.metadata.name ?? '')?.at ?? now;
    return (ownAt ?? at) - at <= durationMsOf(lease);
  }
}

/** What a gateway's Lease says about slots. */
export function annotateShares(announcement: Announcement, lending?: string): Record<string, string> {
  const address = lending === undefined ? {} : { [lendingAnnotation]: lending };
  return { [sharesAnnotation]: JSON.stringify(announcement), ...address };
}

/** True for the Lease of a gateway that takes no new requests. */
export function isLeaving(lease: Lease): boolean {
  return readListed(lease).announcement?.leaving ?? false;
}

function durationMsOf(lease: Lease | undefined): number {
  return (lease?.spec?.leaseDurationSeconds ?? defaultSeconds) * 1000;
}

function readListed({ metadata: { annotations = {} } }: Lease): Listed {
  return {
    announcement: readAnnouncement(annotations[sharesAnnotation]),
    lending: parseAddress(annotations[lendingAnnotation]),
  };
}

/** Undefined for what is no announcement: such a gateway has promised nothing. */
function readAnnouncement(text = ''): Announcement | undefined {
  try {
    const { id, view, seen, except, leaving } = Object(JSON.parse(text)) as Record<string, unknown>;
    if (typeof id !== 'string' || typeof view !== 'string' || !Array.isArray(except)) return undefined;
    const known = Object.entries(Object(seen) as object).filter(([, value]) => typeof value === 'string');
    return {
      id,
      view,
      seen: Object.fromEntries(known),
      except: except.map(String),
      ...(leaving === true ? { leaving } : {}),
    };
  } catch {
    return undefined; // not JSON
  }
}
