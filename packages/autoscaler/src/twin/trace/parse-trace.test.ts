import { UserError } from '@ebb/base';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../random.ts';
import { generateTrace } from './generate.ts';
import { type TraceOptions, parseTrace } from './parse-trace.ts';

const options: TraceOptions = { startMs: 0, random: seededRandom(1, 'trace') };
const parse = (text: string, more: Partial<TraceOptions> = {}): ReturnType<typeof parseTrace> =>
  parseTrace(text, { ...options, ...more });

describe('a trace of requests', () => {
  it.each([
    ['seconds', '0\n0.5\n61\n', 0, [0, 500, 61_000]],
    ['seconds since the epoch', 'timestamp\n1700000000.25\n1700000001\n', 1_700_000_000_000, [250, 1000]],
    ['milliseconds since the epoch', 'time_ms\n1700000000250\n1700000001000\n', 1_700_000_000_000, [250, 1000]],
    ['dates', 'TIMESTAMP,X\n2023-11-16 18:17:03.9799600,4\n2023-11-16T18:17:05Z,5\n', 1_700_158_623_000, [979, 2000]],
    ['durations', 'offset\n+1.5s\n1m30s\n', 0, [1500, 90_000]],
    ['quotes, comments, Windows', '\uFEFF# made by hand\r\n"arrival"\r\n"1"\r\n2\r\n', 0, [1000, 2000]],
  ])('tells its times as %s', (_, text, startMs, atMs) => {
    const trace = parse(text);
    expect(trace.startMs).toBe(startMs);
    expect([...trace.atMs]).toEqual(atMs);
  });

  it('tells how long each takes, by a column', () => {
    expect([...(parse('0,0.25\n1,2\n').serviceMs ?? [])]).toEqual([250, 2000]);
    expect([...(parse('time,duration_ms\n0,250\n').serviceMs ?? [])]).toEqual([250]);
    const tokens = parse('offset_s,ContextTokens\n0,10\n', {
      service: { column: 'context_tokens', eachMs: 20, plusMs: 50 },
    });
    expect([...(tokens.serviceMs ?? [])]).toEqual([250]);
  });
});

describe('a trace of rates', () => {
  it.each([
    ['rps', 100],
    ['requests_per_minute', 100 / 60],
    ['count', 100 / 60],
  ])('tells how many come, in %s', (name, perSecond) => {
    const trace = parse(`time,${name}\n0,100\n60,100\n120,0\n`);
    expect(trace.lengthMs).toBe(180_000);
    expect(trace.atMs.length / 120 / perSecond).toBeCloseTo(1, 0);
    expect(trace.atMs.at(-1)).toBeLessThan(120_000);
  });
});

describe('an error', () => {
  it.each([
    ['', 'there is nothing in it'],
    ['time\n', 'there is a header, but no row'],
    ['x,y\n0,1\n', 'line 1: no column is called time'],
    ['0\n\n1\n', 'line 2: a hole: the line is empty'],
    ['time,duration\n0,1\n1,\n', 'line 3: a hole: an empty cell'],
    ['time,duration\n,1\n', 'line 2: a hole: no time'],
    ['0,1\n1\n', 'line 2: 1 cells where line 1 has 2'],
    ['0\n2\n1\n', 'line 3: disorder'],
    ['time\n0\nNaN\n', 'line 3: "NaN" is not a time'],
    ['time\n0\n1e999\n', 'line 3: "1e999" is not a time'],
    ['time\n1e300\n', 'line 2: "1e300" is not a time'],
    ['time\n0\n99999999\n', 'line 3: a trace of more than 366 days'],
    ['time,rps\n0,1\n9999999,1\n19999998,1\n29999997,1\n', 'a trace of more than 366 days'],
    ['time\n-1\n', 'line 2: -1: a time before the beginning'],
    ['0,NaN\n', 'line 1: "NaN" is not a number'],
    ['0,-1\n', 'line 1: -1 is less than nothing'],
    ['time\n0\n2026-01-01T00:00:00Z\n', 'line 3: 2026-01-01T00:00:00Z: times since the epoch and'],
    ['time\n2026-13-01T00:00:00Z\n', 'is not a time'],
    ['time,"a,b"\n', 'quotes and commas in a cell'],
    ['time,rps\n0,1\n', 'two rows or more'],
    ['time,rps\n0,1\n60,1\n180,1\n', 'line 4: a hole: rows are 60 s apart, this one is 120 s after the last'],
    ['time,rps\n0,1\n60,1\n60,1\n', 'line 4: disorder'],
    ['time,rps,duration\n0,1,1\n', 'rates and durations do not go together'],
  ])('of %j says where it is', (text, message) => {
    expect(() => parse(text)).toThrow(UserError);
    expect(() => parse(text)).toThrow(message);
  });

  it.each([
    ['tide', 'no such generator'],
    ['steady:speed=3', 'speed is none of rate, for'],
    ['steady:rate=0,for=9000h', 'a trace of more than 366 days'],
    ['steady:for=3', 'for = 3, must be a duration'],
    ['steady:rate=NaN', 'rate = NaN, must be a number'],
    ['heavy-tailed:shape=1', 'shape = 1, must be above 1'],
  ])('of the generator %s says what is wrong', (text, message) => {
    expect(() => generateTrace(text, seededRandom(1, 'trace'), 0)).toThrow(message);
  });
});

it.each([
  ['steady:rate=5,for=10m', 3000],
  ['ramp:from=0,to=10,for=10m', 3000],
  ['spike:rate=1,to=11,at=1m,lasts=4m,for=10m', 3000],
  ['diurnal:low=0,high=0.1,for=24h', 4320],
  ['heavy-tailed:rate=5,shape=3,for=10m', 3000],
])('the generator %s makes as many requests as it says', (text, expected) => {
  const { atMs } = generateTrace(text, seededRandom(7, 'trace'), 0);
  expect(atMs.length / expected).toBeCloseTo(1, 0);
  expect(atMs.every((ms, index) => ms >= (atMs[index - 1] ?? 0))).toBe(true);
});
