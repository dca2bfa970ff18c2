import { parseGoDuration } from '@ebb/api';

/** A time as a trace tells it. */
export interface Told {
  /** Milliseconds: since the epoch, or since the beginning of the trace. */
  readonly ms: number;
  readonly isAbsolute: boolean;
}

const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const date = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?$/i;
/** Seconds since the epoch are more than these, which are three years; milliseconds since the epoch more than a thousand times that. */
const epochSeconds = 1e8;
/** The last moment that a date can tell. */
const lastMs = 8.64e15;

/** The number a cell holds; `undefined` if it holds none. */
export function readNumber(text: string): number | undefined {
  if (!number.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Reads a time: a number of seconds (of milliseconds with `unitMs` 1), since the epoch if it is large; a date as in ISO 8601, in UTC
 * unless it says otherwise; or a duration as in `1m30s` or `+1.5s`. `undefined` for anything else.
 */
export function readTime(text: string, unitMs: number): Told | undefined {
  const value = readNumber(text);
  if (value !== undefined) return Math.abs(value) <= lastMs ? told(value, unitMs) : undefined;
  const [, day, time, zone = 'Z'] = date.exec(text) ?? [];
  if (day !== undefined && time !== undefined) {
    const ms = Date.parse(`${day}T${time.replace(',', '.')}${zone}`);
    return Number.isNaN(ms) ? undefined : { ms, isAbsolute: true };
  }
  const ms = parseGoDuration(text);
  return ms === undefined ? undefined : { ms, isAbsolute: false };
}

function told(value: number, unitMs: number): Told {
  if (unitMs === 1) return { ms: value, isAbsolute: value > epochSeconds * 1000 };
  if (value > epochSeconds * 1000) return { ms: value, isAbsolute: true };
  return { ms: value * unitMs, isAbsolute: value > epochSeconds };
}
