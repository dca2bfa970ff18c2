import { InvalidArgumentError } from 'commander';

/** Reads a time given on the command line: milliseconds since the epoch. */
export function parseTime(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidArgumentError('a time such as 2026-01-02T15:04:05Z.');
  return ms;
}
