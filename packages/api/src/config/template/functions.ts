/** What an expression may yield. */
export type Value = string | number | boolean | Method | Fields;

/** Called with the arguments that stand behind its name, as text. */
export type Method = (...args: readonly string[]) => Value;

/** A map, or an object whose text is not that of a map. */
export interface Fields {
  readonly [key: string]: Value;
  readonly [asText]?: string;
}

/** The key of an object's own text. */
export const asText: unique symbol = Symbol('text');

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' };
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '\0': '\uFFFD',
};

/** A character's code as `digits` hexadecimal ones. */
const hex = (character: string, digits: number): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(digits, '0');

const texts = (args: readonly Value[]): string => args.map(print).join('');

/** A function with the least number of its arguments. */
type Known = readonly [least: number, apply: (args: readonly Value[]) => Value];

/** The functions there are: of those of Go's text templates what settings and lines of a log need. */
export const functions: Readonly<Record<string, Known>> = {
  index: [2, ([map, ...path]) => path.reduce<Value>((value, key) => field(value, print(key), 1), map ?? '')],
  eq: [2, ([first, ...others]) => others.some((other) => other === first)],
  ne: [2, ([first, second]) => first !== second],
  lt: [2, ([first, second]) => order(first, second) < 0],
  le: [2, ([first, second]) => order(first, second) <= 0],
  gt: [2, ([first, second]) => order(first, second) > 0],
  ge: [2, ([first, second]) => order(first, second) >= 0],
  and: [1, (args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1) ?? false],
  or: [1, (args) => args.find(isTrue) ?? args.at(-1) ?? false],
  not: [1, ([arg]) => !isTrue(arg ?? false)],
  js: [1, (args) => texts(args).replace(/[\p{Cc}\\'"<>&=]/gu, (it) => escapes[it] ?? `\\u${hex(it, 4)}`)],
  html: [1, (args) => texts(args).replace(/[&<>"'\0]/g, (it) => entities[it] ?? it)],
  urlquery: [
    1,
    (args) =>
      // A buffer holds no half of a pair, which could not be encoded.
      encodeURIComponent(Buffer.from(texts(args)).toString())
        .replace(/[!'()*]/g, (it) => `%${hex(it, 2)}`)
        .replaceAll('%20', '+'),
  ],
};

/** Below 0 if the first comes first. Both are numbers, or both text. */
function order(first: Value | undefined, second: Value | undefined): number {
  if (typeof first === 'number' && typeof second === 'number') return first - second;
  if (typeof first === 'string' && typeof second === 'string') return Number(first > second) - Number(first < second);
  throw new Error('template: only two numbers or two texts can be compared');
}

/** The root knows its fields; in a map an absent key is empty. */
export function field(value: Value, name: string, depth: number): Value {
  if (typeof value === 'object' && Object.hasOwn(value, name)) return value[name] ?? '';
  if (depth === 0 || typeof value !== 'object') throw new Error(`template: there is no field ${name}`);
  return '';
}

/** Empty text, an empty map, 0 and `false` are not. */
export const isTrue = (value: Value): boolean =>
  typeof value === 'object' ? Object.keys(value).length > 0 : Boolean(value);

/** A value as text. */
export function print(value: Value): string {
  if (typeof value !== 'object') return String(value);
  const own = value[asText];
  if (own !== undefined) return own;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${print(item)}`).join(' ')}]`;
}
