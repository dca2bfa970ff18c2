const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** From a length in seconds on: the larger and the smaller unit shown, and whether the smaller one is shown at all. */
const steps: readonly {
  readonly from: number;
  readonly unit: number;
  readonly name: string;
  readonly rest?: [number, string];
}[] = [
  { from: 8 * year, unit: year, name: 'y' },
  { from: 2 * year, unit: year, name: 'y', rest: [day, 'd'] },
  { from: 8 * day, unit: day, name: 'd' },
  { from: 2 * day, unit: day, name: 'd', rest: [hour, 'h'] },
  { from: 8 * hour, unit: hour, name: 'h' },
  { from: 3 * hour, unit: hour, name: 'h', rest: [minute, 'm'] },
  { from: 10 * minute, unit: minute, name: 'm' },
  { from: 2 * minute, unit: minute, name: 'm', rest: [1, 's'] },
  { from: 0, unit: 1, name: 's' },
];

/**
 * A length of time as kubectl shows ages: `5s`, `119s`, `3m12s`, `15m`, `3h5m`, `20h`, `5d3h`, `30d`. Clocks may
 * differ by a second or two, which is `0s`; more in the future is `<invalid>`.
 */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1 || Number.isNaN(seconds)) return '<invalid>';
  if (seconds < 0) return '0s';
  const step = steps.find(({ from }) => seconds >= from);
  if (!step) return '<invalid>';
  const text = `${Math.floor(seconds / step.unit)}${step.name}`;
  if (!step.rest) return text;
  const [unit, name] = step.rest;
  const rest = Math.floor((seconds % step.unit) / unit);
  return rest === 0 ? text : `${text}${rest}${name}`;
}

/** How long ago an RFC 3339 time was; `<unknown>` if there is none. */
export function since(time: unknown, now: number): string {
  if (typeof time !== 'string' || time === '') return '<unknown>';
  return humanDuration(now - Date.parse(time));
}
