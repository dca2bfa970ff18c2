import type { PrinterColumn } from '@ebb/api';
import { isObject } from '../schema/json.ts';
import { since } from './age.ts';
import { type Column, column } from './column.ts';
import { jsonPath } from './json-path.ts';

/** A column of a CRD: its path's first find, in the form of its type; empty if nothing is found. */
export function crdColumn({
  name,
  type,
  jsonPath: path,
  format = '',
  description = '',
  priority = 0,
}: PrinterColumn): Column {
  const find = finder(path);
  return column(name, (object, now) => cellOf(find(object)[0], type, now), { type, format, description, priority });
}

/** A path that cannot be read leaves its column empty, and the others as they are. */
function finder(path: string): (object: unknown) => unknown[] {
  try {
    return jsonPath(path);
  } catch {
    return () => [];
  }
}

function cellOf(value: unknown, type: string, now: number): unknown {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      return typeof value === 'string' ? dateCell(value, now) : null;
    default:
      return isObject(value) || Array.isArray(value)
        ? JSON.stringify(value)
        : String(value as string | number | boolean);
  }
}

function dateCell(value: string, now: number): string {
  return Number.isNaN(Date.parse(value)) ? '<invalid>' : since(value, now);
}
