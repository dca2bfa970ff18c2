import { type ConfigData, atLeast, readConfig } from './data.ts';

/** The ConfigMap `config-gc`, complete (serving-api.md, sections 12 and 22). `undefined`: disabled. */
export interface GcConfig {
  readonly retainSinceCreateTimeMs: number | undefined;
  readonly retainSinceLastActiveTimeMs: number | undefined;
  readonly minNonActiveRevisions: number;
  readonly maxNonActiveRevisions: number | undefined;
}

const hourMs = 3_600_000;

/** Reads `config-gc`; throws an `Error` with key, value and legal range. */
export function parseGcConfig(data: ConfigData = {}): GcConfig {
  const read = readConfig(data);
  const unlessDisabled = (key: string, byDefault: number, value: () => number): number | undefined => {
    const text = data[key]?.trim().toLowerCase();
    if (text === '') return byDefault;
    return text === 'disabled' ? undefined : value();
  };
  const time = (key: string, byDefault: number): number | undefined =>
    unlessDisabled(key, byDefault, () =>
      read.durationMs(key, byDefault, { holds: (ms) => ms >= 0, must: '0s or more, or "disabled"' }),
    );
  const min = read.integer('min-non-active-revisions', 20, atLeast(0));
  const maxKey = 'max-non-active-revisions';
  const max = unlessDisabled(maxKey, 1000, () => read.integer(maxKey, 1000, atLeast(0)));
  if (max !== undefined && min > max) {
    throw new Error(`min-non-active-revisions = ${min}, must be at most ${maxKey}, which is ${max}`);
  }
  return {
    retainSinceCreateTimeMs: time('retain-since-create-time', 48 * hourMs),
    retainSinceLastActiveTimeMs: time('retain-since-last-active-time', 15 * hourMs),
    minNonActiveRevisions: min,
    maxNonActiveRevisions: max,
  };
}
