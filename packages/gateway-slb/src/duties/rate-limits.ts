import { type Rate, TokenBucket } from '@ebb/base';

/** How much one route takes. */
export interface RouteLimits {
  /** Of all clients together. */
  readonly total: Rate | undefined;
  /** Of each address. */
  readonly perClient: Rate | undefined;
}

const totalKey = 'ebb.dev/rate-limit';
const perClientKey = 'ebb.dev/rate-limit-per-client';

/**
 * Reads the limits of a route from annotations: `"100"` is so many requests a second, with a burst of as many, `"100/500"` has
 * a burst of 500. Undefined if there are none.
 * @throws Error that names key, value and what it must be.
 */
export function readRouteLimits(annotations: Readonly<Record<string, string>> = {}): RouteLimits | undefined {
  const total = readRate(totalKey, annotations[totalKey]);
  const perClient = readRate(perClientKey, annotations[perClientKey]);
  return total || perClient ? { total, perClient } : undefined;
}

function readRate(key: string, text: string | undefined): Rate | undefined {
  if (text === undefined || text === '') return undefined;
  const [, rate, burst = rate] = /^(\d+(?:\.\d+)?)(?:\/(\d+))?$/.exec(text.trim()) ?? [];
  const perSecond = Number(rate);
  if (!(perSecond > 0 && perSecond <= 1_000_000)) {
    throw new Error(
      `${key} = ${JSON.stringify(text)}: must be requests a second up to 1000000, as 100, or 100/500 with a burst`,
    );
  }
  return { perSecond, burst: Math.max(1, Number(burst)) };
}

/** Clients remembered; the one not heard of for the longest time is forgotten first, and may begin anew. */
const maxClients = 10_000;

/** Counts requests against the limits of routes. What it remembers of clients is bounded, however many there are. */
export class RateLimits {
  readonly #routes = new Map<string, RouteLimits & { readonly bucket: TokenBucket | undefined }>();
  readonly #clients = new Map<string, TokenBucket>();

  /** Sets, or with `undefined` lifts, the limits of a route. */
  set(route: string, limits: RouteLimits | undefined, nowMs: number): void {
    if (!limits) return void this.#routes.delete(route);
    const { total } = limits;
    this.#routes.set(route, { ...limits, bucket: total && new TokenBucket(total, nowMs) });
  }

  get isEmpty(): boolean {
    return this.#routes.size === 0;
  }

  /** 0 if a request may pass, else milliseconds until one may. One that a client's own limit stops does not count for all. */
  take(route: string, client: string, nowMs: number): number {
    const limits = this.#routes.get(route);
    if (!limits) return 0;
    const { perClient, bucket } = limits;
    const waitMs = perClient ? this.#clientBucket(`${route} ${client}`, perClient, nowMs).take(nowMs) : 0;
    return waitMs > 0 ? waitMs : (bucket?.take(nowMs) ?? 0);
  }

  #clientBucket(key: string, rate: Rate, nowMs: number): TokenBucket {
    const bucket = this.#clients.get(key) ?? new TokenBucket(rate, nowMs);
    bucket.configure(rate);
    this.#clients.delete(key);
    this.#clients.set(key, bucket);
    if (this.#clients.size > maxClients) {
      const [oldest] = this.#clients.keys();
      if (oldest !== undefined) this.#clients.delete(oldest);
    }
    return bucket;
  }
}
