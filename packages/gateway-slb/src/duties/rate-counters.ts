import { type Rate, TokenBucket } from '@ebb/base';

/** How much one route takes. */
export interface RouteLimits {
  /** Of all clients together. */
  readonly total: Rate | undefined;
  /** Of each address. */
  readonly perClient: Rate | undefined;
}

/** A request that is to be counted against limits. */
export interface RateAsk {
  readonly route: string;
  readonly client: string;
  readonly limits: RouteLimits;
}

export interface RateAnswer {
  /** 0 if the request may pass, else milliseconds until one may. */
  readonly waitMs: number;
  /** Whose limit stops it; the client's own comes first. */
  readonly by: 'client' | 'route';
}

/** Counts requests against limits: calls back at once, or when all who count with it were asked. */
export interface RateCounting {
  take(ask: RateAsk, decided: (answer: RateAnswer) => void): void;
}

const passes: RateAnswer = { waitMs: 0, by: 'route' };

/** Routes, and clients, remembered; the one not heard of for the longest time is forgotten first, and may begin anew. */
const maxRemembered = 10_000;

/** Counts requests against limits. What it remembers is bounded, however many routes and clients there are. */
export class RateCounters {
  readonly #routes = new Buckets();
  readonly #clients = new Buckets();

  /** One that a client's own limit stops does not count for all. */
  take({ route, client, limits: { total, perClient } }: RateAsk, nowMs: number): RateAnswer {
    if (perClient) {
      const waitMs = this.#clients.of(clientKey(route, client), perClient, nowMs).take(nowMs);
      if (waitMs > 0) return { waitMs, by: 'client' };
    }
    const waitMs = total ? this.#routes.of(route, total, nowMs).take(nowMs) : 0;
    return waitMs > 0 ? { waitMs, by: 'route' } : passes;
  }

  /** The route has no limits any more. */
  forget(route: string): void {
    this.#routes.forget(route);
    this.#clients.forgetUnder(clientKey(route, ''));
  }
}

/** What tells a client of one route from all others: no key of a route has a space in it. */
export const clientKey = (route: string, client: string): string => `${route} ${client}`;

class Buckets {
  readonly #buckets = new Map<string, TokenBucket>();

  of(key: string, rate: Rate, nowMs: number): TokenBucket {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(rate, nowMs);
    bucket.configure(rate);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > maxRemembered) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    return bucket;
  }

  forget(key: string): void {
    this.#buckets.delete(key);
  }

  forgetUnder(prefix: string): void {
    for (const key of this.#buckets.keys()) if (key.startsWith(prefix)) this.#buckets.delete(key);
  }
}
