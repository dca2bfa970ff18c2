import { ConcurrencyAverage, type ConcurrencyReport } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { LinearWindow, MaxWindow, WeightedWindow } from '../src/pure.ts';
import { readVector } from './vectors.ts';

type BucketOp =
  | readonly ['record', atMs: number, value: number]
  | readonly ['average', atMs: number, expected: number, isEmpty: boolean]
  | readonly ['resize', wallMs: number, seconds: number];

interface BucketCases {
  readonly cases: readonly {
    readonly kind: 'linear' | 'weighted-exponential';
    readonly windowS: number;
    readonly epoch: number;
    readonly ops: readonly BucketOp[];
  }[];
}

/** Averages as `[average, isEmpty]` in the order they are asked for. */
function replay({ kind, windowS, epoch, ops }: BucketCases['cases'][number]): (readonly [number, boolean])[] {
  const window = kind === 'linear' ? new LinearWindow(windowS) : new WeightedWindow(windowS);
  const averages: (readonly [number, boolean])[] = [];
  for (const [op, atMs, argument] of ops) {
    const second = epoch + Math.floor(atMs / 1000);
    if (op === 'record') window.record(second, argument);
    else if (op === 'resize') window.resize(argument, second);
    else averages.push([window.average(second), window.isEmpty(second)]);
  }
  return averages;
}

const expected = (ops: readonly BucketOp[]): (readonly [number, boolean])[] =>
  ops.flatMap((op) => (op[0] === 'average' ? [[op[2], op[3]] as const] : []));

describe('windows, against recorded operations', () => {
  const { cases } = readVector<BucketCases>('units', 'buckets.json');
  const named = cases.map((each, index) => [`${each.kind} ${index} of ${each.windowS} s`, each] as const);

  it.each(named.filter(([, { kind }]) => kind === 'linear'))('%s', (_name, each) => {
    expect(replay(each)).toEqual(expected(each.ops));
  });

  it.each(named.filter(([, { kind }]) => kind !== 'linear'))('%s', (_name, each) => {
    expect(replay(each).map(rounded)).toEqual(expected(each.ops).map(rounded));
  });
});

/** Weighted averages are made with powers, which are not exact everywhere. */
const rounded = ([average, isEmpty]: readonly [number, boolean]): unknown => [average.toPrecision(10), isEmpty];

it('weighs the newest second of two by 0.99 to the last bit, so that whole loads stay on their side of a whole pod', () => {
  const window = new WeightedWindow(2);
  window.record(1_700_000_000, 600);
  expect(window.average(1_700_000_000)).toBe(594);
});

interface MaxCases {
  readonly cases: readonly {
    readonly delayS: number;
    readonly epoch: number;
    readonly ops: readonly (readonly [atMs: number, value: number, maximum: number])[];
  }[];
}

describe('the scale-down delay, against recorded operations', () => {
  it.each(readVector<MaxCases>('units', 'maxwindow.json').cases)('$delayS s', ({ delayS, epoch, ops }) => {
    const window = new MaxWindow(delayS);
    const maxima = ops.map(([atMs, value]) => window.record(epoch + Math.floor(atMs / 1000), value));
    expect(maxima).toEqual(ops.map(([, , maximum]) => maximum));
  });
});

type StatOp =
  | readonly ['in' | 'out' | 'proxiedIn' | 'proxiedOut', atMs: number]
  | readonly ['report', atMs: number, average: number, proxied: number, requests: number, proxiedRequests: number];

/** Reports of all requests and of the proxied ones. Both see every event, so that time passes alike for them. */
function replayStats(ops: readonly StatOp[]): (readonly [all: ConcurrencyReport, proxied: ConcurrencyReport])[] {
  const all = new ConcurrencyAverage(0);
  const proxied = new ConcurrencyAverage(0);
  const reports: (readonly [ConcurrencyReport, ConcurrencyReport])[] = [];
  for (const [op, atMs] of ops) {
    if (op === 'report') reports.push([all.report(atMs), proxied.report(atMs)]);
    else if (op === 'in' || op === 'proxiedIn') all.begin(atMs);
    else all.end(atMs);
    if (op === 'proxiedIn') proxied.begin(atMs);
    else if (op === 'proxiedOut') proxied.end(atMs);
    else proxied.change(0, atMs);
  }
  return reports;
}

describe('time-weighted concurrency, against recorded operations', () => {
  const { cases } = readVector<{ cases: { ops: StatOp[] }[] }>('units', 'reqstats.json');

  it.each(cases.map(({ ops }, index) => [index, ops] as const))('case %d', (_index, ops) => {
    const wanted = ops.flatMap((op) => (op[0] === 'report' ? [op] : []));
    expect(replayStats(ops)).toEqual(
      wanted.map(([, , average, proxied, count, proxiedCount]) => [
        { average: expect.closeTo(average, 9), count },
        { average: expect.closeTo(proxied, 9), count: proxiedCount },
      ]),
    );
  });
});
