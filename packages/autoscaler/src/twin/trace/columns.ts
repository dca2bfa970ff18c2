import { UserError } from '@ebb/base';
import { readNumber, readTime } from './time.ts';

/** How long a request takes, by a column of the trace: so many milliseconds for each one of its value, and some more. */
export interface ServiceColumn {
  readonly column: string;
  readonly eachMs: number;
  readonly plusMs: number;
}

/** What is in which column, counted from 0. */
export interface Columns {
  readonly time: number;
  readonly timeUnitMs: number;
  /** Absent: each row is a request. */
  readonly rate?: { readonly index: number; readonly unit: RateUnit };
  readonly service?: { readonly index: number; readonly eachMs: number; readonly plusMs: number };
}

/** Requests in the time to the next row, a second, or a minute. */
export type RateUnit = 'row' | 'second' | 'minute';

const times = /^(?:time|timestamp|ts|at|arrival|arrived(?:_at)?|arrival_time|offset|start|start_time)(?:_(ms|s))?$/;
const durations = /^(?:duration|service_time|execution_time)(?:_(ms|s))?$/;
const rates: Readonly<Record<string, RateUnit>> = {
  rate: 'second',
  rps: 'second',
  qps: 'second',
  requests_per_second: 'second',
  rpm: 'minute',
  requests_per_minute: 'minute',
  requests: 'row',
  count: 'row',
  invocations: 'row',
};

/** True if a line names columns: its first cell is neither a time nor a number. */
export function isHeader([first = '']: readonly string[]): boolean {
  return readTime(first, 1000) === undefined && readNumber(first) === undefined && /^[a-z_]/i.test(first);
}

/** The columns of a trace without a header: a time and, if there is a second one, seconds that the request takes. */
export function plainColumns(cells: readonly string[], service: ServiceColumn | undefined): Columns {
  if (service) throw new UserError(`the trace has no header, so there is no column ${service.column}`);
  const duration = { index: 1, eachMs: 1000, plusMs: 0 };
  return { time: 0, timeUnitMs: 1000, ...(cells.length > 1 ? { service: duration } : {}) };
}

/** The columns by their names. Throws `UserError` if there is none for the time, or not the one that is asked for. */
export function namedColumns(cells: readonly string[], service: ServiceColumn | undefined): Columns {
  const names = cells.map(plain);
  const time = names.findIndex((name) => times.test(name));
  if (time < 0) throw new UserError('line 1: no column is called time, timestamp, arrival or offset_s');
  const rate = names.findIndex((name) => Object.hasOwn(rates, name));
  const unit = rates[names[rate] ?? ''];
  return {
    time,
    timeUnitMs: unitOf(names[time], times),
    ...(unit ? { rate: { index: rate, unit } } : {}),
    ...serviceIn(names, service),
  };
}

function serviceIn(names: readonly string[], service: ServiceColumn | undefined): Pick<Columns, 'service'> {
  if (service) {
    const index = names.indexOf(plain(service.column));
    if (index < 0) throw new UserError(`line 1: no column ${service.column}; there are ${names.join(', ')}`);
    return { service: { index, eachMs: service.eachMs, plusMs: service.plusMs } };
  }
  const index = names.findIndex((name) => durations.test(name));
  return index < 0 ? {} : { service: { index, eachMs: unitOf(names[index], durations), plusMs: 0 } };
}

function unitOf(name = '', pattern: RegExp): number {
  return pattern.exec(name)?.[1] === 'ms' ? 1 : 1000;
}

/** In small letters, words joined by `_`: `ContextTokens` is `context_tokens`, `Requests per minute` is `requests_per_minute`. */
function plain(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
}
