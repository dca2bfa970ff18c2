import { expect, it } from 'vitest';
import { type ServingConfig, defaultServingConfig, parseServingConfig } from '../../src/index.ts';
import { admit, refusal } from '../admit.ts';

/**
 * A key: its spellings, the field of our configuration it sets (`''` for those that are only checked), its default, texts with the
 * values they give, and texts with what is said to them. `and` is set beside it.
 */
export interface Key {
  readonly keys: string;
  readonly field: string;
  readonly byDefault?: unknown;
  readonly good: readonly (readonly [text: string, value?: unknown])[];
  readonly bad?: readonly (readonly [text: string, must: string])[];
  readonly and?: Readonly<Record<string, string>>;
}

export const bool = (keys: string, field: string, byDefault: boolean): Key => ({
  keys,
  field,
  byDefault,
  good: [
    ['true', true],
    ['False', false],
  ],
  bad: [
    ['yes', 'must be true or false'],
    ['', 'must be true or false'],
  ],
});

export const text = (keys: string, field: string, byDefault: unknown): Key => ({
  keys,
  field,
  byDefault,
  good: [['any text', field === '' ? undefined : 'any text']],
});

export const amount = (keys: string, field: string): Key => ({
  keys,
  field,
  good: ['250m', '1Gi'].map((value) => [value, field === '' ? undefined : value] as const),
  bad: [['much', 'must be a quantity such as 250m or 64Mi']],
});

export const whole = 'must be a whole number';
export const duration = 'must be a duration such as 30s';

/** The value at a path such as `resources.requests.cpu`. */
const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((part, name) => Reflect.get(Object(part), name), value);

/** The part of a configuration that comes from a ConfigMap. */
const partOf = (config: ServingConfig, name: string): unknown => Reflect.get(config, name.replace('config-', ''));

/** What admission says to the write of a ConfigMap with this data. */
export const write = (name: string, data: Readonly<Record<string, string>>): string =>
  refusal(() => admit({ kind: 'ConfigMap', metadata: { name, namespace: 'knative-serving' }, data })).replace(
    'admission webhook "config.webhook.serving.knative.dev" denied the request: validation failed: ',
    '',
  );

/** A test for each spelling of each key of a ConfigMap. */
export function checkKeys(name: string, keys: readonly Key[]): void {
  const cases = keys.flatMap((key) => key.keys.split(' ').map((spelling) => ({ ...key, spelling })));
  it.each(cases)('$spelling', ({ spelling, field, byDefault, good, bad = [], and }) => {
    expect(at(partOf(defaultServingConfig, name), field)).toEqual(byDefault);
    for (const [value, wanted] of good) {
      const data = { ...and, [spelling]: value };
      expect([value, write(name, data)]).toEqual([value, 'admitted']);
      expect(at(partOf(parseServingConfig({ [name]: data }), name), field)).toEqual(wanted);
    }
    for (const [value, must] of bad) {
      const data = { ...and, [spelling]: value };
      expect(write(name, data)).toContain(`${spelling} = ${value}, ${must}`);
    }
  });
}
