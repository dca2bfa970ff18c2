import { Cron } from 'croner';
import type { Schedule } from './schedule.ts';
import { requireTimeZone } from './time-zone.ts';

interface Slice {
  readonly secondOfDay: number;
  readonly replicas: number;
}

interface Job {
  readonly days: Cron;
  readonly slices: readonly Slice[];
}

/**
 * A schedule out of a `ppa` ConfigMap's jobs (serverless-node.md, section 4.2): `{jobs: [{name, schedule, timeseries: [{timeSlice,
 * replicas}]}]}`, where `schedule` is day of month, month and day of week, and `timeSlice` is HH:MM:SS. A slice holds until the next
 * one of its day; the last of a day until the first of the next day, if that day has some, else until midnight. The replicas are
 * floor and least ceiling at once. Throws an `Error` that names the job.
 *
 * @param timeZone IANA name. Alibaba's pages name none; UTC is what an unset one means here.
 */
export function parseTimeseries(value: unknown, timeZone: string): Schedule {
  requireTimeZone(timeZone);
  const list = Array.isArray(value) ? value : fieldOf(value, 'jobs');
  if (!Array.isArray(list)) throw new Error('the timeseries must have a list of jobs');
  const jobs = list.map((job: unknown, index) => parseJob(job, index, timeZone));
  return {
    boundsAt: (nowMs) => {
      const found = jobs.flatMap((job) => replicasAt(job, nowMs, timeZone) ?? []);
      const replicas = Math.max(...found);
      return found.length === 0 ? undefined : { min: replicas, max: replicas };
    },
  };
}

function parseJob(job: unknown, index: number, timeZone: string): Job {
  const name = fieldOf(job, 'name');
  const where = `job ${typeof name === 'string' ? name : index + 1} of the timeseries`;
  const schedule = fieldOf(job, 'schedule');
  const timeseries = fieldOf(job, 'timeseries');
  if (typeof schedule !== 'string' || !Array.isArray(timeseries)) {
    throw new Error(`${where}: must have a schedule ("day month weekday") and a timeseries`);
  }
  const slices = timeseries.map((slice: unknown) => parseSlice(slice, where));
  try {
    const days = new Cron(`* * ${schedule}`, { timezone: timeZone, paused: true, mode: '5-part' });
    return { days, slices: slices.toSorted((a, b) => a.secondOfDay - b.secondOfDay) };
  } catch (cause) {
    throw new Error(`${where}: schedule "${schedule}" is not "day month weekday"`, { cause });
  }
}

const timeOfDay = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

function parseSlice(slice: unknown, where: string): Slice {
  const text = fieldOf(slice, 'timeSlice');
  const replicas = Number(fieldOf(slice, 'replicas'));
  const [, hours, minutes, seconds = '0'] = timeOfDay.exec(typeof text === 'string' ? text : '') ?? [];
  if (hours === undefined) throw new Error(`${where}: timeSlice ${JSON.stringify(text)} is not HH:MM:SS`);
  if (!Number.isInteger(replicas) || replicas < 0 || replicas >= 2 ** 31) {
    throw new Error(`${where}: replicas at ${String(text)} must be a whole number`);
  }
  return { secondOfDay: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds), replicas };
}

function replicasAt({ days, slices }: Job, nowMs: number, timeZone: string): number | undefined {
  if (!isOn(days, nowMs)) return undefined;
  const second = secondOfDay(nowMs, timeZone);
  const current = slices.findLast((slice) => slice.secondOfDay <= second);
  if (current) return current.replicas;
  return isOn(days, nowMs - dayMs) ? slices.at(-1)?.replicas : undefined;
}

const dayMs = 86_400_000;

/** The pattern is of days; its minutes are all. */
function isOn(days: Cron, nowMs: number): boolean {
  return days.match(new Date(Math.floor(nowMs / 60_000) * 60_000));
}

const formats = new Map<string, Intl.DateTimeFormat>();

function secondOfDay(nowMs: number, timeZone: string): number {
  const format =
    formats.get(timeZone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hour12: false,
    });
  formats.set(timeZone, format);
  const [hours = 0, minutes = 0, seconds = 0] = format.format(nowMs).split(':').map(Number);
  return (hours % 24) * 3600 + minutes * 60 + seconds;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}
