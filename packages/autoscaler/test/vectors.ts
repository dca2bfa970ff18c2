import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, 'vectors');

/** Reads one file of golden data. */
export function readVector<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(root, ...path), 'utf8')) as T;
}

/** Names of the files in a folder of golden data, and how to read each. */
export function listVectors<T>(folder: string): readonly { readonly name: string; readonly read: () => T }[] {
  return readdirSync(join(root, folder)).map((name) => ({ name, read: () => readVector<T>(folder, name) }));
}
