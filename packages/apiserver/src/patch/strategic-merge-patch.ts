import { type Schema, StatusError } from '@ebb/api';
import { type JsonObject, childSchema, isObject } from '../schema/json.ts';
import { checkDepth } from './depth.ts';
import { orderElements } from './element-order.ts';

const directive = '$patch';
const retainKeys = '$retainKeys';
const deletePrefix = '$deleteFromPrimitiveList/';
const orderPrefix = '$setElementOrder/';

/**
 * Strategic merge patch: as a merge patch, but lists that the schema marks are merged by their merge key, or as sets, and
 * the directives `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder` are carried out. A list without
 * a patch strategy goes by its list type. The result shares nothing with its inputs. Throws `StatusError` (`BadRequest` or
 * `Invalid`) for a patch that contradicts itself or the schema.
 */
export function strategicMergePatch<T>(target: T, patch: unknown, schema: Schema): T {
  if (!isObject(patch)) throw bad('error decoding patch: a strategic merge patch must be an object');
  checkDepth(patch);
  return structuredClone(mergeMap(isObject(target) ? target : {}, patch, schema)) as T;
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  switch (patch[directive]) {
    case undefined:
    case 'merge':
      break;
    case 'replace':
      return withoutDirectives(patch) as JsonObject;
    case 'delete':
      return {};
    default:
      throw bad(`unknown patch type found: ${JSON.stringify(patch[directive])} in map`);
  }
  const merged = new Map(Object.entries(retained(original, patch)));
  for (const [key, value] of Object.entries(patch)) {
    if (isDirective(key)) continue;
    if (value === null) merged.delete(key);
    else
      merged.set(
        key,
        mergeValue(merged.get(key), value, schema && childSchema(schema, key), listDirectives(patch, key)),
      );
  }
  for (const key of listsOfDirectives(patch)) {
    const list = merged.get(key);
    const listSchema = schema && childSchema(schema, key);
    if (Object.hasOwn(patch, key) || !Array.isArray(list) || !mergeOf(listSchema)) continue;
    merged.set(key, mergeList(list, [], listSchema, listDirectives(patch, key)));
  }
  return Object.fromEntries(merged);
}

/** What the directives beside a list say of it. */
interface ListDirectives {
  readonly deleted: readonly unknown[];
  readonly order: readonly unknown[] | undefined;
}

function mergeValue(original: unknown, patch: unknown, schema: Schema | undefined, list: ListDirectives): unknown {
  if (isObject(patch)) {
    const replaces = strategiesOf(schema).includes('replace');
    return isObject(original) && !replaces ? mergeMap(original, patch, schema) : mergeMap({}, patch, schema);
  }
  if (!Array.isArray(patch)) return patch;
  // A new list is taken as it comes: items may share a merge key (a port in TCP and UDP).
  return Array.isArray(original) ? mergeList(original, patch, schema, list) : withoutDirectives(patch);
}

function mergeList(
  original: readonly unknown[],
  patch: readonly unknown[],
  schema: Schema | undefined,
  { deleted, order }: ListDirectives,
): readonly unknown[] {
  const merge = mergeOf(schema);
  if (!merge) return withoutDirectives(patch) as readonly unknown[];
  const by = (item: unknown): string => identityOf(item, merge.key);
  const items = identified(original, merge.key);
  const before = [...items.keys()];
  const changes = patch.filter((item) => !isReplaceMarker(item));
  if (changes.length < patch.length) items.clear();
  for (const change of changes) applyItem(items, by(change), change, schema?.items);
  for (const item of deleted) items.delete(JSON.stringify(item));
  const present = changes.filter((change) => !isDeletion(change));
  const wanted = (order ?? present).map(by);
  const stray = present.find((change) => !wanted.includes(by(change)));
  if (stray !== undefined) {
    throw bad(
      `The order in patch list:\n${JSON.stringify(patch)}\n doesn't match ${orderPrefix} list:\n${JSON.stringify(order)}`,
    );
  }
  return orderElements([...items.keys()], wanted, before).map((id) => items.get(id));
}

function applyItem(items: Map<string, unknown>, id: string, change: unknown, schema: Schema | undefined): void {
  if (!isObject(change)) {
    items.set(id, change);
    return;
  }
  if (change[directive] === 'merge') throw bad('merging lists cannot yet be specified in the patch');
  if (!isDeletion(change)) items.set(id, mergeValue(items.get(id), change, schema, { deleted: [], order: undefined }));
  else for (let same = id; items.delete(same); same += again);
}

function isReplaceMarker(item: unknown): boolean {
  return isObject(item) && item[directive] === 'replace';
}

function isDeletion(item: unknown): boolean {
  return isObject(item) && item[directive] === 'delete';
}

function isMarked(item: unknown): boolean {
  return isObject(item) && Object.hasOwn(item, directive);
}

/** How a list is merged: by a key of its items, or (no key) as a set of plain values; `undefined` if it is replaced. */
function mergeOf(schema: Schema | undefined): { readonly key: string | undefined } | undefined {
  const strategies = strategiesOf(schema);
  const key = schema?.['x-kubernetes-patch-merge-key'];
  if (strategies.includes('merge')) return { key };
  if (strategies.includes('replace')) return undefined;
  if (schema?.['x-kubernetes-list-type'] === 'set') return { key: undefined };
  if (schema?.['x-kubernetes-list-type'] !== 'map') return undefined;
  return { key: key ?? schema['x-kubernetes-list-map-keys']?.[0] };
}

function strategiesOf(schema: Schema | undefined): readonly string[] {
  return schema?.['x-kubernetes-patch-strategy']?.split(',') ?? [];
}

function identityOf(item: unknown, key: string | undefined): string {
  if (key === undefined) return JSON.stringify(item);
  if (!isObject(item)) throw bad(`expected a map with the key ${key}, found ${JSON.stringify(item)}`);
  if (!Object.hasOwn(item, key)) {
    const text = `map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`;
    throw new StatusError('Invalid', text, { details: { causes: [{ message: text }] } });
  }
  return JSON.stringify(item[key]);
}

/** Appended to the identity of an item as often as its merge key was there before; no JSON text ends in it. */
const again = '+';

/** Items by identity. Of objects that share a merge key (allowed for `env`, say) each stays; a patch means the first. */
function identified(list: readonly unknown[], key: string | undefined): Map<string, unknown> {
  const items = new Map<string, unknown>();
  for (const item of list) {
    let id = identityOf(item, key);
    while (key !== undefined && items.has(id)) id += again;
    items.set(id, item);
  }
  return items;
}

/** `original` with only the keys that `$retainKeys` lets stay. */
function retained(original: JsonObject, patch: JsonObject): JsonObject {
  const keep = patch[retainKeys];
  if (keep === undefined) return original;
  const stray = Object.keys(patch).find(
    (key) => !isDirective(key) && patch[key] !== null && !listOf(keep).includes(key),
  );
  if (!Array.isArray(keep) || stray !== undefined) throw bad(`invalid patch format of ${retainKeys}`);
  return Object.fromEntries(Object.entries(original).filter(([key]) => keep.includes(key)));
}

function listDirectives(patch: JsonObject, key: string): ListDirectives {
  const deleted = patch[deletePrefix + key];
  const order = patch[orderPrefix + key];
  if (deleted !== undefined && !Array.isArray(deleted)) throw bad(`invalid patch format of ${deletePrefix}${key}`);
  if (order !== undefined && !Array.isArray(order)) throw bad(`invalid patch format of ${orderPrefix}${key}`);
  return { deleted: deleted ?? [], order };
}

function listsOfDirectives(patch: JsonObject): readonly string[] {
  const keys = Object.keys(patch).flatMap((key) => {
    const prefix = [deletePrefix, orderPrefix].find((each) => key.startsWith(each));
    return prefix === undefined ? [] : [key.slice(prefix.length)];
  });
  return [...new Set(keys)];
}

function isDirective(key: string): boolean {
  return key === directive || key === retainKeys || key.startsWith(deletePrefix) || key.startsWith(orderPrefix);
}

/** A value of a patch as it is stored where nothing was: without directives, nulls and deletions. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isMarked(item)).map(withoutDirectives);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => !isDirective(key) && each !== null)
      .map(([key, each]) => [key, withoutDirectives(each)]),
  );
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function bad(message: string): StatusError {
  return new StatusError('BadRequest', message);
}
