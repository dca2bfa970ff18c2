/** Requests as they come. Times in milliseconds. */
export interface Trace {
  /** When it begins, since the epoch. */
  readonly startMs: number;
  /** How long it lasts; the last request may come earlier. */
  readonly lengthMs: number;
  /** When each request comes, from the beginning, in order. */
  readonly atMs: Float64Array;
  /** How long each takes an instance; `undefined`: as the model has it. */
  readonly serviceMs?: Float64Array | undefined;
}
