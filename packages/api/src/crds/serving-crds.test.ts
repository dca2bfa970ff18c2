import { describe, expect, it } from 'vitest';
import type { Schema } from '../crd.ts';
import { servingCrds } from './serving-crds.ts';

const crd = (plural: string): ReturnType<typeof servingCrds>[number] =>
  servingCrds().find(({ spec }) => spec.names.plural === plural)!;

/** Every schema within a schema, with its path. */
function* walk(schema: Schema, path = ''): Generator<[string, Schema]> {
  yield [path, schema];
  for (const [name, field] of Object.entries(schema.properties ?? {})) yield* walk(field, `${path}.${name}`);
  if (schema.items) yield* walk(schema.items, `${path}[]`);
  if (typeof schema.additionalProperties === 'object') yield* walk(schema.additionalProperties, `${path}.*`);
}

describe('servingCrds', () => {
  it('has Knative’s columns for people', () => {
    expect(crd('services').spec.versions[0]?.additionalPrinterColumns?.map(({ name }) => name)).toEqual([
      'URL',
      'LatestCreated',
      'LatestReady',
      'Ready',
      'Reason',
    ]);
    expect(crd('revisions').spec.versions[0]?.additionalPrinterColumns?.map(({ name }) => name)).toEqual([
      'Config Name',
      'Generation',
      'Ready',
      'Reason',
      'Actual Replicas',
      'Desired Replicas',
    ]);
  });

  it.each(servingCrds().map((each) => [each.metadata.name, each] as const))(
    '%s explains every field',
    (_, { spec }) => {
      const schema = spec.versions[0]?.schema?.openAPIV3Schema ?? {};
      const silent = [...walk(schema)].filter(
        ([path, field]) => !field.description && path !== '' && !path.endsWith('.*'),
      );
      expect(silent).toEqual([]);
    },
  );

  it.each(servingCrds().map((each) => [each.metadata.name, each] as const))(
    '%s has a structural schema',
    (_, { spec }) => {
      for (const [path, field] of walk(spec.versions[0]?.schema?.openAPIV3Schema ?? {})) {
        expect([path, field.type !== undefined || field['x-kubernetes-int-or-string'] === true]).toEqual([path, true]);
        const mapKeys = field['x-kubernetes-list-map-keys'] ?? [];
        for (const key of mapKeys) expect(field.items?.properties).toHaveProperty(key);
      }
    },
  );
});
