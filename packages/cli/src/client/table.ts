/** `meta.k8s.io/v1 Table`: rows a server made for people. */
export interface Table {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority?: number }[];
  readonly rows: readonly {
    readonly cells: readonly unknown[];
    readonly object?: { readonly metadata?: { readonly namespace?: string } };
  }[];
}

export const tableAccept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

export interface PrintOptions {
  /** Columns of lower priority too. */
  readonly wide: boolean;
  readonly withNamespace: boolean;
  /** Put before each name, e.g. `service.serving.knative.dev/`, where several kinds are printed. */
  readonly namePrefix?: string;
}

/** Lays a table out in columns as kubectl does: upper-case heads, three spaces between. */
export function printTable(table: Table, { wide, withNamespace, namePrefix = '' }: PrintOptions): string {
  const shown = table.columnDefinitions.flatMap(({ priority = 0 }, i) => (wide || priority === 0 ? [i] : []));
  const head = shown.map((i) => table.columnDefinitions[i]?.name.toUpperCase() ?? '');
  const rows = table.rows.map(({ cells, object }) => {
    const texts = shown.map((i) => `${i === 0 ? namePrefix : ''}${textOf(cells[i])}`);
    return withNamespace ? [object?.metadata?.namespace ?? '', ...texts] : texts;
  });
  return alignColumns([withNamespace ? ['NAMESPACE', ...head] : head, ...rows]);
}

/** Pads every column to its widest cell; the last one is left as it is. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, i) => Math.max(cell.length, all[i] ?? 0)), []);
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd((widths[i] ?? 0) + 3))).join('');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell as string | number | boolean);
}
