/** Least number of choices planned ahead. A shorter plan would repeat itself soon enough for clients to fall into step. */
const planLength = 100;

/** Exchanges tried for each place of the plan before it is used again. */
const shuffleRounds = 1;

/**
 * Chooses among weighted targets so that the shares come out: after any number of choices each target has had its exact
 * share of them, rounded up or down. Hence among any run of choices whose exact shares are whole numbers, each target is
 * at most one off. Weight 0 is never chosen.
 *
 * Within that bound the order is random and changes with each round through the plan, so that clients who take turns do
 * not each end up with one target.
 */
export class Shares {
  readonly #weights: readonly number[];
  readonly #total: number;
  readonly #random: () => number;
  /** The only target that has any weight, if there is but one. */
  readonly #only: number | undefined;
  /** The two targets that have weight, if there are just two: they need no trying out. */
  readonly #pair: Pair | undefined;
  #plan: number[] = [];
  #next = 0;

  /**
   * @param weights Whole numbers, at least one above 0.
   * @param random Numbers in [0, 1).
   */
  constructor(weights: readonly number[], random: () => number) {
    const divisor = weights.reduce(greatestCommonDivisor, 0);
    this.#weights = weights.map((weight) => weight / divisor);
    this.#total = this.#weights.reduce((sum, weight) => sum + weight, 0);
    this.#random = random;
    const some = weights.flatMap((weight, index) => (weight > 0 ? [index] : []));
    this.#only = some.length === 1 ? some[0] : undefined;
    const [common = 0, rare = 0] = some.toSorted((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0));
    this.#pair = some.length === 2 ? { common, rare, weight: this.#weights[rare] ?? 0, total: this.#total } : undefined;
  }

  /** Whether the target with this index ever has a request. */
  has(index: number): boolean {
    return (this.#weights[index] ?? 0) > 0;
  }

  /** The index of the target that is to have the next request. */
  next(): number {
    if (this.#only !== undefined) return this.#only;
    if (this.#next === this.#plan.length) this.#renew();
    return this.#plan[this.#next++] ?? 0;
  }

  #renew(): void {
    this.#next = 0;
    const fresh = this.#plan.length === 0;
    if (this.#pair) {
      if (fresh) this.#plan = Array.from({ length: this.#total * Math.ceil(planLength / this.#total) }, () => 0);
      placeTwo(this.#plan, this.#pair, this.#random);
      return;
    }
    if (fresh) this.#plan = makePlan(this.#weights);
    // The first plan starts out regular, so it is stirred more.
    const attempts = this.#plan.length * shuffleRounds * (fresh ? 16 : 1);
    for (let i = 0; i < attempts; i++) this.#exchange();
  }

  /** Exchanges two places of the plan, usually near ones, if no target leaves its bounds by it. */
  #exchange(): void {
    const { length } = this.#plan;
    const distance = Math.floor(length ** this.#random());
    const from = Math.floor(this.#random() * (length - distance));
    const to = from + distance;
    const early = this.#plan[from] ?? 0;
    const late = this.#plan[to] ?? 0;
    if (early === late || !this.#mayExchange(from, to, early, late)) return;
    this.#plan[from] = late;
    this.#plan[to] = early;
  }

  #mayExchange(from: number, to: number, early: number, late: number): boolean {
    const total = this.#total;
    const earlyWeight = this.#weights[early] ?? 0;
    const lateWeight = this.#weights[late] ?? 0;
    let earlyCount = 0;
    let lateCount = 0;
    for (let place = 0; place < to; place++) {
      if (this.#plan[place] === early) earlyCount++;
      else if (this.#plan[place] === late) lateCount++;
      if (place < from) continue;
      // One less of `early` is its share rounded down only if it stood above it now; and the reverse for `late`.
      const taken = place + 1;
      if (earlyCount * total <= earlyWeight * taken || lateCount * total >= lateWeight * taken) return false;
    }
    return true;
  }
}

interface Pair {
  readonly common: number;
  readonly rare: number;
  /** Of the rare one, and of both. */
  readonly weight: number;
  readonly total: number;
}

/**
 * A random order of two targets within their bounds: the j-th turn of the rarer one, with weight w of W, stands anywhere from the place
 * (j−1)·W/w on to j·W/w. Where these stretches share a place, only one turn can have it.
 */
function placeTwo(plan: number[], { common, rare, weight, total }: Pair, random: () => number): void {
  plan.fill(common);
  const turns = (plan.length / total) * weight;
  let free = 0;
  for (let turn = 1; turn <= turns; turn++) {
    const first = Math.max(free, Math.floor(((turn - 1) * total) / weight));
    const last = Math.ceil((turn * total) / weight) - 1;
    const place = first + Math.floor(random() * (last - first + 1));
    plan[place] = rare;
    free = place + 1;
  }
}

/**
 * A regular order in which no target is ever a whole request away from its share. The j-th turn of a target with weight w
 * of W may come once (j−1)·W/w requests have passed and must have come by j·W/w; taking the turn that is due first keeps
 * all of these, as the problem of level schedules always has a solution.
 */
function makePlan(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const turns = weights.map(() => 1);
  const period = Array.from({ length: total }, (_, index) => {
    let best = -1;
    let bestDue = Infinity;
    for (const [target, weight] of weights.entries()) {
      const turn = turns[target] ?? 1;
      if (weight === 0 || (turn - 1) * total >= (index + 1) * weight) continue;
      const due = Math.ceil((turn * total) / weight);
      if (due < bestDue) [best, bestDue] = [target, due];
    }
    turns[best] = (turns[best] ?? 1) + 1;
    return best;
  });
  return Array.from({ length: Math.ceil(planLength / total) }, () => period).flat();
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
