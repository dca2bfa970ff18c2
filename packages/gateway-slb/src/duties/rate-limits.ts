import type { Clock, Rate } from '@ebb/base';
import { type RateAnswer, type RateCounting, RateCounters, type RouteLimits } from './rate-counters.ts';

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

export interface RateLimitsOptions {
  readonly clock: Clock;
  /** Who counts together with other processes. Default: this one counts by itself. */
  readonly counting?: RateCounting | undefined;
}

/** The limits of routes. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #shared: RateCounting | undefined;
  readonly #own = new RateCounters();
  readonly #routes = new Map<string, RouteLimits>();

  constructor({ clock, counting }: RateLimitsOptions) {
    this.#clock = clock;
    this.#shared = counting;
  }

  /** Sets, or with `undefined` lifts, the limits of a route. What was counted against them stays. */
  set(route: string, limits: RouteLimits | undefined): void {
    if (limits) this.#routes.set(route, limits);
    else if (this.#routes.delete(route)) this.#own.forget(route);
  }

  get isEmpty(): boolean {
    return this.#routes.size === 0;
  }

  /** Whether requests to a route are counted. */
  has(route: string): boolean {
    return this.#routes.has(route);
  }

  /** Counts a request, and tells whether it may pass; at once, where this process counts by itself. */
  take(route: string, client: string, decided: (waitMs: RateAnswer['waitMs']) => void): void {
    const limits = this.#routes.get(route);
    if (!limits) return decided(0);
    const ask = { route, client, limits };
    if (this.#shared) this.#shared.take(ask, ({ waitMs }) => decided(waitMs));
    else decided(this.#own.take(ask, this.#clock.now()).waitMs);
  }
}
