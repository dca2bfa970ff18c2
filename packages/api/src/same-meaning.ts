import { isQuantity, parseQuantity } from './quantity.ts';

/**
 * Whether two JSON values mean the same to Kubernetes: absent, empty list and empty object are one, and so are two ways to write a
 * quantity under `requests` and `limits`.
 */
export function sameMeaning(a: unknown, b: unknown): boolean {
  return differences(a, b).length === 0;
}

/** Where `a` and `b` differ in meaning: lines with path, `-` the first's value and `+` the second's. */
export function describeDifference(a: unknown, b: unknown): string {
  return differences(a, b)
    .map(({ path, a: before, b: after }) =>
      [
        before === undefined ? [] : `-${path}: ${JSON.stringify(before)}`,
        after === undefined ? [] : `+${path}: ${JSON.stringify(after)}`,
      ]
        .flat()
        .join('\n'),
    )
    .join('\n');
}

interface Difference {
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
}

function differences(a: unknown, b: unknown, path: readonly string[] = []): Difference[] {
  if (a === b || (isEmpty(a) && isEmpty(b)) || sameQuantity(a, b, path)) return [];
  if (!isComparable(a, b)) return [{ path: path.join('.'), a, b }];
  const names = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  return [...names].flatMap((name) => differences(field(a, name), field(b, name), [...path, name]));
}

/** Both objects, or lists of one length: then what is in them is compared. */
function isComparable(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length;
  return isObject(a) && isObject(b);
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function field(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

function sameQuantity(a: unknown, b: unknown, path: readonly string[]): boolean {
  const parent = path.at(-2);
  if (parent !== 'requests' && parent !== 'limits') return false;
  const [first, second] = [String(a), String(b)];
  return isQuantity(first) && isQuantity(second) && parseQuantity(first) === parseQuantity(second);
}
