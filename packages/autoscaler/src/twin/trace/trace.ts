import { UserError } from '@ebb/base';

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

const longestDays = 366;

/** Throws `UserError`, which begins with `where`, for a length so great that a time in the trace must be a mistake. */
export function checkLength(lengthMs: number, where = ''): void {
  if (lengthMs <= longestDays * 86_400_000) return;
  throw new UserError(`${where}a trace of more than ${longestDays} days cannot be simulated`);
}
