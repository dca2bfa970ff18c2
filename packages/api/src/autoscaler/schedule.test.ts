import { describe, expect, it } from 'vitest';
import { parseSchedule } from './schedule.ts';
import { parseTimeseries } from './timeseries.ts';

const at = (text: string): number => Date.parse(text);

describe('a schedule', () => {
  const office = parseSchedule('0 8 * * 1-5 for 10h min 5 max 20', 'Asia/Shanghai');

  it.each([
    ['2026-01-05T00:00:00Z', { min: 5, max: 20 }], // Monday, eight o'clock in Shanghai
    ['2026-01-05T09:59:59Z', { min: 5, max: 20 }],
    ['2026-01-05T10:00:00Z', undefined],
    ['2026-01-04T23:59:59Z', undefined],
    ['2026-01-03T02:00:00Z', undefined], // Saturday
  ])('is in its own time zone: at %s', (time, bounds) => {
    expect(office.boundsAt(at(time))).toEqual(bounds);
  });

  it('without a length holds in the minutes that its line matches', () => {
    const schedule = parseSchedule('30-44 12 * * * min 3', 'UTC');
    expect(schedule.boundsAt(at('2026-01-05T12:30:59Z'))).toEqual({ min: 3, max: 0 });
    expect(schedule.boundsAt(at('2026-01-05T12:45:00Z'))).toBeUndefined();
  });

  it('takes the largest bounds where windows overlap', () => {
    const schedule = parseSchedule('0 0 * * * for 24h min 1 max 10; 0 12 * * * for 1h min 4 max 6', 'UTC');
    expect(schedule.boundsAt(at('2026-01-05T12:30:00Z'))).toEqual({ min: 4, max: 10 });
  });

  it.each([
    ['61 8 * * * min 1', /line 1 of the schedule/],
    ['0 8 * * 1-5 min 1\n0 8 * * 1-5 for soon min 2', /line 2 .* soon is no duration/],
    ['0 8 * * * min 5 max 2', /min 5 is greater than max 2/],
    ['0 8 * * *', /must give min, max or both/],
    ['every day', /must be "minute hour day month weekday/],
  ])('says which line cannot be read: %s', (text, message) => {
    expect(() => parseSchedule(text, 'UTC')).toThrow(message);
  });

  it('refuses a time zone that is none', () => {
    expect(() => parseSchedule('* * * * * min 1', 'Mars/Base')).toThrow('Mars/Base is no time zone');
    expect(() => parseTimeseries([], 'Mars/Base')).toThrow('Mars/Base is no time zone');
  });

  it('keeps its hour when the clocks change', () => {
    const schedule = parseSchedule('0 8 * * * for 1h min 2', 'Europe/Berlin');
    expect(schedule.boundsAt(at('2026-03-28T07:30:00Z'))).toBeDefined();
    expect(schedule.boundsAt(at('2026-03-29T06:30:00Z'))).toBeDefined();
  });
});

describe('a timeseries', () => {
  const slices = [
    { timeSlice: '08:00:00', replicas: 10 },
    { timeSlice: '20:00:00', replicas: 2 },
  ];
  const schedule = parseTimeseries({ jobs: [{ name: 'work', schedule: '* * 1-5', timeseries: slices }] }, 'UTC');

  it.each([
    ['2026-01-05T08:00:00Z', { min: 10, max: 10 }],
    ['2026-01-05T20:00:00Z', { min: 2, max: 2 }],
    ['2026-01-06T07:59:59Z', { min: 2, max: 2 }],
    ['2026-01-05T07:59:59Z', undefined], // Monday morning: Sunday had none
    ['2026-01-10T12:00:00Z', undefined],
  ])('holds a slice until the next one: at %s', (time, bounds) => {
    expect(schedule.boundsAt(at(time))).toEqual(bounds);
  });

  it.each([
    [{}, /list of jobs/],
    [[{ name: 'a', schedule: 'never', timeseries: [] }], /job a .* is not "day month weekday"/],
    [[{ schedule: '* * *', timeseries: [{ timeSlice: '25:00', replicas: 1 }] }], /job 1 .* is not HH:MM:SS/],
    [[{ schedule: '* * *', timeseries: [{ timeSlice: '12:00', replicas: -1 }] }], /must be a whole number/],
  ])('says what cannot be read: %j', (value, message) => {
    expect(() => parseTimeseries(value, 'UTC')).toThrow(message);
  });
});
