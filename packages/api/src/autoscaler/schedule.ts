import { Cron } from 'croner';
import { parseGoDuration } from '../go-duration.ts';
import { requireTimeZone } from './time-zone.ts';

/** Bounds of a scale for a time; a `max` of 0 is none. */
export interface ScheduledBounds {
  readonly min: number;
  readonly max: number;
}

/** When which bounds hold. */
export interface Schedule {
  /** The bounds in force; `undefined` outside all windows. Where windows overlap, the largest of each counts. */
  boundsAt(nowMs: number): ScheduledBounds | undefined;
}

interface Window {
  readonly cron: Cron;
  /** 0: each minute that the cron line matches. */
  readonly lengthMs: number;
  readonly bounds: ScheduledBounds;
}

const line =
  /^(?<cron>\S+(?:\s+\S+){4}?)(?:\s+for\s+(?<length>\S+))?(?:\s+min\s+(?<min>\d+))?(?:\s+max\s+(?<max>\d+))?$/;
const minuteMs = 60_000;

/**
 * Reads the windows of a schedule, one a line: `<minute hour day month weekday> [for <duration>] [min <n>] [max <n>]`. With a
 * duration a window begins when the cron line fires and lasts that long; without one it is every minute that the line matches.
 * Throws an `Error` that names the line.
 *
 * @param timeZone IANA name; the cron lines are read in it.
 */
export function parseSchedule(text: string, timeZone: string): Schedule {
  requireTimeZone(timeZone);
  const lines = text.split(/[\n;]/).map((each) => each.trim());
  const windows = lines.flatMap((each, index) => (each === '' ? [] : [parseWindow(each, index + 1, timeZone)]));
  return { boundsAt: (nowMs) => widest(windows.flatMap((window) => (isOpen(window, nowMs) ? [window.bounds] : []))) };
}

function parseWindow(text: string, number: number, timeZone: string): Window {
  const fail = (why: string, cause?: unknown): Error =>
    new Error(`line ${number} of the schedule, "${text}": ${why}`, { cause });
  const { cron, length, min = '0', max = '0' } = line.exec(text)?.groups ?? {};
  if (cron === undefined) throw fail('must be "minute hour day month weekday [for 1h30m] [min 2] [max 10]"');
  const lengthMs = length === undefined ? 0 : parseGoDuration(length);
  if (lengthMs === undefined || lengthMs < 0) throw fail(`${length} is no duration such as 1h30m`);
  const bounds = { min: Number(min), max: Number(max) };
  if (bounds.min === 0 && bounds.max === 0) throw fail('must give min, max or both');
  if (bounds.max > 0 && bounds.min > bounds.max) throw fail(`min ${min} is greater than max ${max}`);
  if (Math.max(bounds.min, bounds.max) >= 2 ** 31) throw fail('min and max must be 32-bit integers');
  try {
    return { cron: new Cron(cron, { timezone: timeZone, paused: true, mode: '5-part' }), lengthMs, bounds };
  } catch (cause) {
    throw fail(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function isOpen({ cron, lengthMs }: Window, nowMs: number): boolean {
  const thisMinute = Math.floor(nowMs / minuteMs) * minuteMs;
  if (cron.match(new Date(thisMinute))) return true;
  if (lengthMs === 0) return false;
  const [begin] = cron.previousRuns(1, new Date(nowMs));
  return begin !== undefined && nowMs - begin.getTime() < lengthMs;
}

/** The largest of each bound; a window without a maximum takes away those of the others. */
function widest(bounds: readonly ScheduledBounds[]): ScheduledBounds | undefined {
  if (bounds.length === 0) return undefined;
  const isUnbounded = bounds.every(({ max }) => max === 0);
  return {
    min: Math.max(...bounds.map(({ min }) => min)),
    max: isUnbounded ? 0 : Math.max(...bounds.map(({ max }) => max)),
  };
}
