/** Durations as Go writes them: `1h2m3.5s`. Here they are milliseconds, with fractions down to a nanosecond. */

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const part = '(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:ns|us|µs|μs|ms|s|m|h)';
const duration = new RegExp(`^[+-]?(?:${part})+$`);
const parts = /([\d.]+)([a-zµμ]+)/g;

/** What a Go duration can hold: 63 bits of nanoseconds. */
const maxMs = 2 ** 63 / 1e6;

/**
 * Reads a duration as Go's `time.ParseDuration` does: one or more numbers with a unit (`ns`, `us`, `ms`, `s`, `m`, `h`), an optional
 * sign, or a bare `0`. Gives milliseconds, or `undefined` if the text is not a duration (a bare number other than 0 is none).
 */
export function parseGoDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!duration.test(text)) return undefined;
  let ms = 0;
  for (const [, number = '', unit = ''] of text.matchAll(parts)) ms += Number(number) * (unitMs[unit] ?? 0);
  if (ms >= maxMs) return undefined;
  return text.startsWith('-') ? -ms : ms;
}

/** Writes milliseconds as Go's `Duration.String` does: `1h0m0s`, `6s`, `1.5s`, `500ms`, `0s`. */
export function formatGoDuration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const size = Math.abs(ms);
  if (size === 0) return '0s';
  if (size < 1000) return sign + formatFraction(size);
  const seconds = size / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = `${decimal(seconds - hours * 3600 - minutes * 60)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${sign}${minutes}m${rest}` : sign + rest;
}

/** Below a second Go takes the largest unit that leaves a whole part. */
function formatFraction(ms: number): string {
  if (ms >= 1) return `${decimal(ms)}ms`;
  return ms >= 1e-3 ? `${decimal(ms * 1e3)}µs` : `${decimal(ms * 1e6)}ns`;
}

/** At most nine decimals, without trailing zeros. */
function decimal(value: number): string {
  return String(Number(value.toFixed(9)));
}
