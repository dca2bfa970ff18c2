/** A rule that set or changed a scale; the order is that in which they are applied. */
export type Rule =
  // What the load asks for.
  | 'stable-average'
  | 'panic-average'
  | 'waiting-requests'
  | 'requests-present'
  | 'resource-usage'
  | 'scale-subresource'
  | 'nothing-known'
  // What the class makes of it.
  | 'max-scale-up-rate'
  | 'max-scale-down-rate'
  | 'activation-scale'
  | 'panic-floor'
  | 'scale-down-delay'
  | 'stabilization-window'
  // What the revision and the cluster allow.
  | 'forecast'
  | 'scale-up-only'
  | 'load-not-known-well'
  | 'schedule'
  | 'min-scale'
  | 'initial-scale'
  | 'max-scale'
  // The way to zero.
  | 'scale-to-zero-disabled'
  | 'activating'
  | 'stays-active'
  | 'last-pod-stays';

/** What one rule made of a scale. */
export interface Step {
  readonly rule: Rule;
  readonly scale: number;
}

/** More rules than ever apply to one scale. */
const mostSteps = 12;

/** How a scale came about, rule by rule. Filled anew by each decision, without allocating. */
export class Steps {
  readonly #rules: Rule[] = Array.from({ length: mostSteps }, () => 'nothing-known' as const);
  readonly #scales = new Float64Array(mostSteps);
  #count = 0;

  /** Starts over with what `rule` asks for. */
  begin(rule: Rule, scale: number): void {
    this.#count = 0;
    this.#add(rule, scale);
  }

  /** Notes that `rule` made `scale` of what there was; nothing if that is the same. Returns `scale`. */
  change(rule: Rule, scale: number): number {
    if (this.#scales[this.#count - 1] !== scale) this.#add(rule, scale);
    return scale;
  }

  /** The rule that had the last word. */
  get binding(): Rule {
    return this.#rules[this.#count - 1] ?? 'nothing-known';
  }

  /** A copy to keep. */
  list(): readonly Step[] {
    return this.#rules.slice(0, this.#count).map((rule, index) => ({ rule, scale: this.#scales[index] ?? 0 }));
  }

  #add(rule: Rule, scale: number): void {
    if (this.#count === mostSteps) return;
    this.#rules[this.#count] = rule;
    this.#scales[this.#count++] = scale;
  }
}
