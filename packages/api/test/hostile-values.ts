import fc from 'fast-check';

/** Values that have no business where they are put. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom<unknown>(
    null,
    '',
    -1,
    0,
    1,
    1e300,
    -1e300,
    2 ** 53,
    0.1,
    true,
    [],
    {},
    [null],
    [[]],
    [{}],
    '__proto__',
  ),
  fc.constantFrom('constructor', 'toString', '🦜', '\u0000', '\u202e', '\ud800', 'ß'.repeat(300), 'a'.repeat(20_000)),
  fc.constantFrom<unknown>(
    { name: null },
    { length: 1e9 },
    { toString: 1 },
    JSON.parse('{"__proto__": {"polluted": 1}}'),
  ),
  fc.nat({ max: 500 }).map(nested),
);

/** A list in a list in a list… */
function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Keys that mean something elsewhere. */
export const keyNames: fc.Arbitrary<string> = fc.constantFrom(
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  'name',
  'items',
  'key',
  'ports',
  'metadata',
  'spec',
  '',
  '0',
  '🦜',
);

export interface Damage {
  /** Which way to go at each level, by number. */
  readonly steps: readonly number[];
  readonly value: unknown;
  /** Put under this key instead of one that is there. */
  readonly key: string | undefined;
}

export const damage: fc.Arbitrary<Damage> = fc.record({
  steps: fc.array(fc.nat({ max: 20 }), { maxLength: 9 }),
  value: junk,
  key: fc.option(keyNames, { nil: undefined }),
});

/** A copy of the value with the damage done where the steps lead. */
export function damaged(value: unknown, blow: Damage): unknown {
  const [step, ...rest] = blow.steps;
  if (typeof value !== 'object' || value === null || step === undefined) return blow.value;
  const names = Object.keys(value);
  const isNew = rest.length === 0 && blow.key !== undefined && !Array.isArray(value);
  const name = isNew ? blow.key : names[step % Math.max(names.length, 1)];
  if (name === undefined) return blow.value;
  const inner = isNew ? blow.value : damaged(Reflect.get(value, name), { ...blow, steps: rest });
  if (Array.isArray(value)) return value.with(Number(name), inner);
  return Object.fromEntries([...Object.entries(value), [name, inner]]);
}
