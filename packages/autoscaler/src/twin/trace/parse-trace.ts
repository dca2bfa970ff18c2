import { UserError } from '@ebb/base';
import { type Stretch, Times, scatter } from './arrivals.ts';
import { type Columns, type ServiceColumn, isHeader, namedColumns, plainColumns } from './columns.ts';
import { type Told, readNumber, readTime } from './time.ts';
import { type Trace, checkLength } from './trace.ts';

export interface TraceOptions {
  /** How long a request takes, by a column; left out: by a column `duration`, if there is one. */
  readonly service?: ServiceColumn | undefined;
  /** When a trace of relative times begins, in milliseconds since the epoch. */
  readonly startMs: number;
  /** Scatters the requests of a rate. */
  readonly random: () => number;
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

const minuteMs = 60_000;
/** Rows may be off their regular distance by this share of it: times are rounded. */
const slack = 0.02;

/**
 * Reads a trace from CSV: a row for each request (time, optionally how long it takes), or for each stretch of time (time, requests
 * a second, a minute or in it). Throws `UserError` that begins with the line for holes, disorder and whatever is no number.
 */
export function parseTrace(text: string, options: TraceOptions): Trace {
  const rows = readRows(text);
  const [first] = rows;
  if (!first) throw new UserError('there is nothing in it');
  const hasNames = isHeader(first.cells);
  const columns = hasNames ? namedColumns(first.cells, options.service) : plainColumns(first.cells, options.service);
  const data = hasNames ? rows.slice(1) : rows;
  if (data.length === 0) throw new UserError('there is a header, but no row');
  for (const { line, cells } of data) {
    if (cells.length !== first.cells.length) {
      throw new UserError(`line ${line}: ${cells.length} cells where line ${first.line} has ${first.cells.length}`);
    }
  }
  return columns.rate ? readRates(data, columns, options) : readArrivals(data, columns, options);
}

/** The lines that are not empty, without comments (`#`). An empty line in the midst is a hole. */
function readRows(text: string): readonly Row[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  return lines.flatMap((content, index) => {
    const line = index + 1;
    if (content.startsWith('#')) return [];
    if (content.trim() === '') throw new UserError(`line ${line}: a hole: the line is empty`);
    return { line, cells: content.split(',').map((cell) => unquoted(cell.trim(), line)) };
  });
}

function unquoted(cell: string, line: number): string {
  if (!cell.includes('"')) return cell;
  const [, inner] = /^"([^"]*)"$/.exec(cell) ?? [];
  if (inner === undefined) throw new UserError(`line ${line}: ${cell}: quotes and commas in a cell are not understood`);
  return inner.trim();
}

function readArrivals(rows: readonly Row[], columns: Columns, { startMs }: TraceOptions): Trace {
  const times = new Times();
  const services = columns.service && new Times();
  let origin: Told | undefined;
  for (const row of rows) {
    const told = timeIn(row, columns, origin);
    origin ??= told;
    const ms = told.ms - (told.isAbsolute ? wholeSecond(origin.ms) : 0);
    if (ms < times.last) throw new UserError(`line ${row.line}: disorder: it is earlier than the line before`);
    checkLength(ms, `line ${row.line}: `);
    times.add(ms);
    if (services && columns.service) {
      const { index, eachMs, plusMs } = columns.service;
      services.add(amountIn(row, index) * eachMs + plusMs);
    }
  }
  return {
    startMs: origin?.isAbsolute ? wholeSecond(origin.ms) : startMs,
    lengthMs: wholeSecond(times.last) + 1000,
    atMs: times.toArray(),
    serviceMs: services?.toArray(),
  };
}

function readRates(rows: readonly Row[], columns: Columns, { startMs, random }: TraceOptions): Trace {
  if (columns.service)
    throw new UserError('line 1: rates and durations do not go together: a rate has no single request');
  const [first, second] = rows;
  if (!first || !second) throw new UserError('a trace of rates takes two rows or more: their distance is not known');
  const origin = timeIn(first, columns, undefined);
  const stepMs = timeIn(second, columns, origin).ms - origin.ms;
  checkLength(rows.length * stepMs);
  const stretches = rows.map((row, index) => {
    checkStep(row, timeIn(row, columns, origin).ms - origin.ms, index, stepMs);
    return stretchOf(row, columns, stepMs);
  });
  return {
    startMs: origin.isAbsolute ? origin.ms : startMs + origin.ms,
    lengthMs: rows.length * stepMs,
    atMs: scatter(stretches, random),
  };
}

function checkStep({ line }: Row, ms: number, index: number, stepMs: number): void {
  if (stepMs <= 0 || ms < (index - slack) * stepMs) {
    throw new UserError(`line ${line}: disorder: it is not later than the line before by ${seconds(stepMs)}`);
  }
  if (ms > (index + slack) * stepMs) {
    throw new UserError(
      `line ${line}: a hole: rows are ${seconds(stepMs)} apart, this one is ${seconds(ms - (index - 1) * stepMs)} after the last`,
    );
  }
}

const seconds = (ms: number): string => `${ms / 1000} s`;

function stretchOf(row: Row, { rate }: Columns, stepMs: number): Stretch {
  const amount = amountIn(row, rate?.index ?? 0);
  const unitMs = { row: stepMs, second: 1000, minute: minuteMs }[rate?.unit ?? 'second'];
  return { lengthMs: stepMs, perSecond: (amount / unitMs) * 1000 };
}

/** @param origin The time in the first row: all are to be of one kind. */
function timeIn({ line, cells }: Row, { time, timeUnitMs }: Columns, origin: Told | undefined): Told {
  const text = cells[time] ?? '';
  const told = text === '' ? undefined : readTime(text, timeUnitMs);
  if (!told) throw new UserError(`line ${line}: ${text === '' ? 'a hole: no time' : `"${text}" is not a time`}`);
  if (told.ms < 0) throw new UserError(`line ${line}: ${text}: a time before the beginning`);
  if (origin && origin.isAbsolute !== told.isAbsolute) {
    throw new UserError(`line ${line}: ${text}: times since the epoch and since the beginning are mixed`);
  }
  return told;
}

function amountIn({ line, cells }: Row, index: number): number {
  const text = cells[index] ?? '';
  const value = readNumber(text);
  if (value === undefined) {
    throw new UserError(`line ${line}: ${text === '' ? 'a hole: an empty cell' : `"${text}" is not a number`}`);
  }
  if (value < 0) throw new UserError(`line ${line}: ${text} is less than nothing`);
  return value;
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
