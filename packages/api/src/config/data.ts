import { parseGoDuration } from '../go-duration.ts';
import { parseGoBool, parseGoFloat, parseGoInteger } from '../go-number.ts';
import { isQuantity } from '../quantity.ts';

/** The data of a ConfigMap. */
export type ConfigData = Readonly<Record<string, string>>;

interface Kind<T> {
  readonly parse: (text: string) => T | undefined;
  readonly what: string;
}

/** A bound on a value, and how to say it. */
export interface Bound<T> {
  readonly holds: (value: T) => boolean;
  readonly must: string;
}

const bool: Kind<boolean> = { parse: parseGoBool, what: 'true or false' };
const integer: Kind<number> = { parse: parseSafeInteger, what: 'a whole number' };
const number: Kind<number> = { parse: parseGoFloat, what: 'a number' };
const duration: Kind<number> = { parse: parseGoDuration, what: 'a duration such as 30s' };
const quantity: Kind<string> = {
  parse: (text) => (isQuantity(text) ? text : undefined),
  what: 'a quantity such as 250m or 64Mi',
};

/** Reads values of one ConfigMap by key; of several spellings of a key the first present counts. */
export interface ConfigReader {
  text(keys: Keys, byDefault: string): string;
  bool(keys: Keys, byDefault: boolean): boolean;
  integer(keys: Keys, byDefault: number, bound?: Bound<number>): number;
  /** Milliseconds. */
  durationMs(keys: Keys, byDefault: number, bound?: Bound<number>): number;
  /** The text of a quantity; `undefined` where there is none. */
  quantity(keys: Keys): string | undefined;
  number(keys: Keys, byDefault: number, bound?: Bound<number>): number;
  /** One of the words, whatever its case; given back as listed. Empty text counts as absent. */
  word<T extends string>(keys: Keys, words: readonly T[], byDefault: T): T;
}

type Keys = string | readonly string[];

/** A reader of `data` whose methods throw an `Error` with key, value and what it must be. */
export function readConfig(data: ConfigData): ConfigReader {
  const find = (keys: Keys): [key: string, text: string] | undefined => {
    const key = [keys].flat().find((spelling) => data[spelling] !== undefined);
    return key === undefined ? undefined : [key, data[key] ?? ''];
  };
  const read = <T>(keys: Keys, { parse, what }: Kind<T>, { holds, must }: Bound<T> = anything): T | undefined => {
    const found = find(keys);
    if (!found) return undefined;
    const value = parse(found[1].trim());
    if (value === undefined) throw new Error(`${found[0]} = ${found[1]}, must be ${what}`);
    if (!holds(value)) throw new Error(`${found[0]} = ${found[1]}, must be ${must}`);
    return value;
  };
  return {
    text: (keys, byDefault) => find(keys)?.[1] ?? byDefault,
    bool: (keys, byDefault) => read(keys, bool) ?? byDefault,
    integer: (keys, byDefault, bound) => read(keys, integer, bound) ?? byDefault,
    durationMs: (keys, byDefault, bound) => read(keys, duration, bound) ?? byDefault,
    quantity: (keys) => read(keys, quantity),
    number: (keys, byDefault, bound) => read(keys, number, bound) ?? byDefault,
    word: (keys, words, byDefault) => (find(keys)?.[1] === '' ? byDefault : (read(keys, wordOf(words)) ?? byDefault)),
  };
}

const anything: Bound<unknown> = { holds: () => true, must: '' };

function wordOf<T extends string>(words: readonly T[]): Kind<T> {
  const parse = (text: string): T | undefined => words.find((word) => word.toLowerCase() === text.toLowerCase());
  return { parse, what: `one of ${words.join(', ')}` };
}

function parseSafeInteger(text: string): number | undefined {
  const value = Number(parseGoInteger(text));
  return Number.isSafeInteger(value) ? value : undefined;
}

/** At least `low`. */
export const atLeast = (low: number): Bound<number> => ({
  holds: (value) => value >= low,
  must: `at least ${low}`,
});

/** Between two bounds, both allowed. */
export const between = (low: number, high: number): Bound<number> => ({
  holds: (value) => value >= low && value <= high,
  must: `within [${low}, ${high}]`,
});

/** A duration of whole seconds, 0 allowed. */
export const wholeSeconds: Bound<number> = {
  holds: (ms) => ms >= 0 && ms % 1000 === 0,
  must: 'a whole number of seconds, 0s or more',
};
