import type { Clock } from '@ebb/base';
import { backoffMs } from '@ebb/kube';

/** How long a zone that had nothing is avoided: longer each time it has nothing again. */
const waits = { baseMs: 60_000, capMs: 600_000, jitter: 0.2 };

interface StockOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Called when the zone is out, or has stock again. */
  readonly onChange: () => void;
}

/** What is known of a zone's stock, from what became of creations there. */
export class ZoneStock {
  readonly #options: StockOptions;
  #refusals = 0;
  #untilMs = Number.NEGATIVE_INFINITY;
  #message = '';

  constructor(options: StockOptions) {
    this.#options = options;
  }

  /** Why pods had better go elsewhere; undefined if they need not, or it is time to try again. */
  get outOf(): string | undefined {
    return this.#options.clock.now() < this.#untilMs ? this.#message : undefined;
  }

  /** An instance was to be had. */
  served(): void {
    const wasOut = this.outOf !== undefined;
    this.#refusals = 0;
    this.#untilMs = Number.NEGATIVE_INFINITY;
    if (wasOut) this.#options.onChange();
  }

  /** None was; those refused while the zone is out count as one. */
  refused(message: string): void {
    if (this.outOf !== undefined) return;
    const { clock, random, onChange } = this.#options;
    this.#refusals += 1;
    this.#message = message;
    this.#untilMs = clock.now() + backoffMs(waits, this.#refusals, random);
    onChange();
  }
}
