import type { Turns } from './measure.ts';

/** A column of a table: the median over the rounds, or its ratio to another row's, round by round. */
export interface Column {
  readonly head: string;
  readonly figure: string;
  readonly digits?: number;
  /** Row to whose figure of the same round this is set in relation: the ratio's median, least and most. */
  readonly ratioTo?: string;
  /** Row whose figure of the same round is taken away. */
  readonly less?: string;
}

export interface Table {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function makeTable(title: string, turns: Turns, columns: readonly Column[]): Table {
  const rows = [...turns.keys()].map((name) => [name, ...columns.map((column) => cell(turns, name, column))]);
  return { title, heads: ['', ...columns.map(({ head }) => head)], rows };
}

function cell(turns: Turns, name: string, { figure, digits = 0, ratioTo, less }: Column): string {
  const of = (row: string): readonly number[] => turns.get(row)?.map((turn) => turn[figure] ?? Number.NaN) ?? [];
  const own = of(name);
  if (ratioTo !== undefined) {
    const base = of(ratioTo);
    const ratios = own.flatMap((value, i) => (base[i] ? [value / base[i]] : []));
    if (ratios.length === 0) return '';
    return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
  }
  const base = less === undefined ? [] : of(less);
  return median(own.map((value, i) => value - (base[i] ?? 0))).toFixed(digits);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[half] ?? Number.NaN) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2;
}

/** A table for a terminal. */
export function printed({ title, heads, rows }: Table): string {
  const all = [heads, ...rows];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join('   ');
  return `\n${title}\n\n${all.map(line).join('\n')}`;
}

/** The same as Markdown. */
export function markdown({ title, heads, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return `\n${title}\n\n${[line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')}`;
}
