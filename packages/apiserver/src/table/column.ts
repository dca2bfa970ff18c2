import { type JsonObject, objectOf, stringOf } from '../schema/json.ts';
import { since } from './age.ts';

/** One column of a table: how it is announced, and what stands in it. */
export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  /** 0 is always shown, 1 only in wide output. */
  readonly priority: number;
  /** The cell of an object; `now` in milliseconds since the epoch. */
  readonly cell: (object: JsonObject, now: number) => unknown;
}

/** A column of text. */
export function column(name: string, cell: Column['cell'], more: Partial<Omit<Column, 'name' | 'cell'>> = {}): Column {
  return { name, type: 'string', format: '', description: '', priority: 0, ...more, cell };
}

/** A column that is shown in wide output only. */
export function wide(name: string, cell: Column['cell']): Column {
  return column(name, cell, { priority: 1 });
}

/** A column of whole numbers. */
export function count(name: string, cell: (object: JsonObject) => number): Column {
  return column(name, cell, { type: 'integer' });
}

export const nameColumn: Column = column('Name', ({ metadata }) => stringOf(objectOf(metadata)['name']), {
  format: 'name',
  description: 'Name of the object, unique for its kind within a namespace.',
});

export const ageColumn: Column = column(
  'Age',
  ({ metadata }, now) => since(objectOf(metadata)['creationTimestamp'], now),
  { description: 'Time since the object was created.' },
);

/** When the object was created, as it stands. */
export const createdAtColumn: Column = column(
  'Created At',
  ({ metadata }) => stringOf(objectOf(metadata)['creationTimestamp']),
  { type: 'date', description: 'When the object was created.' },
);

/** `a=b,c=d` in the order of the keys, or `<none>`. */
export function labelsText(labels: unknown): string {
  const pairs = Object.entries(objectOf(labels)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? '<none>' : pairs.map(([key, value]) => `${key}=${stringOf(value)}`).join(',');
}

/** The texts joined by commas, or `<none>`; more than `most` are cut and counted. */
export function listText(texts: readonly string[], most: number = Infinity): string {
  if (texts.length === 0) return '<none>';
  const shown = texts.slice(0, most).join(',');
  return texts.length > most ? `${shown} + ${texts.length - most} more...` : shown;
}

/** The text, or `<none>` in its place. */
export function orNone(value: unknown): string {
  return stringOf(value) || '<none>';
}
