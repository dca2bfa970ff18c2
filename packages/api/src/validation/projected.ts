import {
  type FieldError,
  fieldError,
  missingField,
  missingOneOf,
  multipleOneOf,
  viaField,
  viaFieldIndex,
} from '../field-error.ts';
import { setAmong } from './set-fields.ts';

interface Item {
  readonly key: string;
  readonly path: string;
}

/** Entries of a ConfigMap or a Secret made files (serving-api.md, section 7.8); paths from the volume. */
export function validateItems(items: unknown): FieldError[] {
  return listOf<Item>(items).flatMap(({ key, path }, index) => {
    const missing = [...(key === '' ? ['key'] : []), ...(path === '' ? ['path'] : [])];
    return missing.length > 0 ? viaFieldIndex('items', index, [missingField(...missing)]) : [];
  });
}

interface Projection {
  readonly configMap?: { readonly name?: string; readonly items?: readonly Item[] };
  readonly secret?: { readonly name?: string; readonly items?: readonly Item[] };
  readonly serviceAccountToken?: { readonly path?: string };
  readonly downwardAPI?: { readonly items?: readonly DownwardItem[] };
}

interface DownwardItem {
  readonly path?: string;
  readonly fieldRef?: object;
  readonly resourceFieldRef?: object;
}

const kinds = ['configMap', 'downwardAPI', 'secret', 'serviceAccountToken'] as const;

/** The sources of a projected volume; paths from the volume, as `projected[j]`. */
export function validateProjected(sources: unknown): FieldError[] {
  return listOf<Projection>(sources).flatMap((source, index) =>
    viaFieldIndex('projected', index, [
      ...validateOneOf(setAmong(source, kinds), kinds),
      ...validateEntries('configMap', source.configMap),
      ...validateEntries('secret', source.secret),
      ...(source.serviceAccountToken && !source.serviceAccountToken.path
        ? [missingField('serviceAccountToken.path')]
        : []),
      ...viaField('downwardAPI', (source.downwardAPI?.items ?? []).flatMap(validateDownwardItem)),
    ]),
  );
}

function validateEntries(field: string, source: Projection['configMap']): FieldError[] {
  if (!source) return [];
  return viaField(field, [...(source.name ? [] : [missingField('name')]), ...validateItems(source.items)]);
}

const refs = ['fieldRef', 'resourceFieldRef'];

function validateDownwardItem(item: DownwardItem, index: number): FieldError[] {
  const given = setAmong(item, refs);
  return viaFieldIndex('items', index, [
    ...(item.path ? [] : [missingField('path')]),
    ...(given.length === 0 ? [missingOneOf(...refs)] : []),
    ...(given.length > 1 ? [fieldError('Within a single item, cannot set both', given)] : []),
  ]);
}

function validateOneOf(given: readonly string[], candidates: readonly string[]): FieldError[] {
  if (given.length === 1) return [];
  return given.length === 0 ? [missingOneOf(...candidates)] : [multipleOneOf(...given)];
}

/** What decoding has made sure of. */
const listOf = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? value : []);
