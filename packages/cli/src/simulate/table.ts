import type { Quantiles, SimulationResult } from '@ebb/autoscaler/twin';
import { alignColumns } from '../client/table.ts';

/** What one variant came to. */
export interface VariantResult {
  readonly name: string;
  readonly result: SimulationResult;
  readonly cost: number;
}

type Row = readonly [head: string, cell: (variant: VariantResult) => string];

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const upTo = (value: number): string => String(Math.round(value * 100) / 100);

const rows: readonly Row[] = [
  ['requests', ({ result }) => whole(result.requests)],
  ['  served', ({ result }) => whole(result.served)],
  ['  timed out', ({ result }) => whole(result.timedOut)],
  ['  refused', ({ result }) => whole(result.refused)],
  ['waited for a pod', ({ result }) => whole(result.waited)],
  ['cold starts', ({ result }) => whole(result.coldStarts)],
  ...quantiles('wait', (result) => result.wait),
  ...quantiles('answer', (result) => result.latency),
  ['pods, peak', ({ result }) => whole(result.peakPods)],
  ['pods, mean', ({ result }) => upTo(result.meanPods)],
  ['pods made', ({ result }) => whole(result.podsMade)],
  ['instance-seconds', ({ result }) => whole(result.instanceSeconds.standard)],
];
const failedRow: Row = ['  failed', ({ result }) => whole(result.failed)];
const lostRow: Row = ['  lost', ({ result }) => whole(result.podsLost)];
const spotRow: Row = ['  spot', ({ result }) => whole(result.instanceSeconds.spot)];
const reserveRow: Row = ['  reserved', ({ result }) => whole(result.instanceSeconds.reserve)];

function quantiles(name: string, of: (result: SimulationResult) => Quantiles): readonly Row[] {
  return (['p50', 'p95', 'p99', 'max'] as const).map((quantile, index) => {
    return [
      index === 0 ? `${name} ${quantile}` : `${' '.repeat(name.length)} ${quantile}`,
      ({ result }) => seconds(of(result)[quantile]),
    ];
  });
}

/** Milliseconds below a second, seconds above. */
function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${upTo(ms / 1000)} s`;
}

/** The variants side by side. */
export function formatResults(variants: readonly VariantResult[], currency: string): string {
  const hasSpot = variants.some(({ result }) => result.instanceSeconds.spot > 0);
  const hasReserve = variants.some(({ result }) => result.instanceSeconds.reserve > 0);
  const digits = variants.some(({ cost }) => cost < 1) ? 4 : 2;
  const costRow: Row = [`cost, ${currency}`, ({ cost }) => cost.toFixed(digits)];
  const hasLost = variants.some(({ result }) => result.podsLost > 0);
  const shown = [
    ...(hasLost ? withLost(rows) : rows),
    ...(hasSpot ? [spotRow] : []),
    ...(hasReserve ? [reserveRow] : []),
    costRow,
  ];
  const heads = ['', ...variants.map(({ name }) => name)];
  return alignColumns([heads, ...shown.map(([head, cell]) => [head, ...variants.map(cell)])]);
}

/** The rows of what did not end well, each behind what it is a part of. */
function withLost(all: readonly Row[]): readonly Row[] {
  return all.flatMap((row): readonly Row[] => {
    if (row[0].trim() === 'refused') return [row, failedRow];
    return row[0] === 'pods made' ? [row, lostRow] : [row];
  });
}
