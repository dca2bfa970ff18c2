import type { CustomResourceDefinition, StatusError } from '@ebb/api';
import { expect, test } from 'vitest';
import { resourcesOfCrd } from './crd.ts';
import { widgetCrd } from '../../test/widget-crd.ts';
import { validateCrd } from './validate-crd.ts';

const messageFor = (change: (crd: CustomResourceDefinition) => void): string | undefined => {
  const crd = widgetCrd({ spec: { type: 'object' } });
  change(crd);
  try {
    validateCrd(crd);
  } catch (error) {
    return (error as StatusError).message;
  }
  return undefined;
};

test('accepts a CRD that can be served', () => {
  expect(messageFor(() => {})).toBeUndefined();
});

test.each<[problem: string, change: (crd: CustomResourceDefinition) => void]>([
  ['metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group', (crd) => (crd.metadata.name = 'x')],
  ['spec.names.kind: Required value', (crd) => (crd.spec.names.kind = '')],
  [
    'spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"',
    (crd) => (crd.spec.scope = 'Galaxy' as 'Cluster'),
  ],
  ['must have exactly one version marked as storage version', (crd) => (crd.spec.versions[0]!.storage = false)],
  [
    'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required',
    (crd) => delete crd.spec.versions[0]!.schema,
  ],
  ['must contain unique version names', (crd) => crd.spec.versions.push({ ...crd.spec.versions[0]!, storage: false })],
  [
    'spec.versions[0].schema.openAPIV3Schema.properties[a].type: Required value',
    (crd) => (crd.spec.versions[0]!.schema!.openAPIV3Schema!.properties = { a: {} }),
  ],
  [
    'spec.versions[0].additionalPrinterColumns[0].jsonPath: Required value',
    (crd) => (crd.spec.versions[0]!.additionalPrinterColumns = [{ name: 'A', type: 'string', jsonPath: '' }]),
  ],
  ['spec.group: Invalid value: "demo": should be a domain with at least one dot', (crd) => (crd.spec.group = 'demo')],
])('refuses: %s', (problem, change) => {
  expect(messageFor(change)).toContain(problem);
});

test.each([null, {}, { spec: 1 }, { spec: { versions: [null, 1, { schema: 5 }], names: [] } }])(
  'refuses %j without breaking',
  (crd) => {
    expect(() => validateCrd({ metadata: {}, ...crd } as CustomResourceDefinition)).toThrow(/is invalid/);
  },
);

test('serves each served version, with what each has', () => {
  const crd = widgetCrd({ spec: { type: 'object' } });
  const [version] = crd.spec.versions;
  const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' };
  crd.spec.versions.push(
    { ...version!, name: 'v2', storage: false, subresources: { status: {}, scale } },
    { ...version!, name: 'v3', storage: false, served: false },
  );
  expect(resourcesOfCrd(crd)).toMatchObject([
    { version: 'v1', status: false, hasGeneration: true, columns: [{ name: 'Age' }] },
    { version: 'v2', status: true, scale, builtin: false },
  ]);
});

test('the schema of a custom kind has what every object has', () => {
  const [widgets] = resourcesOfCrd(
    widgetCrd({
      spec: { type: 'object' },
      metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } },
    }),
  );
  expect(Object.keys(widgets!.schema.properties!)).toEqual(
    expect.arrayContaining(['apiVersion', 'kind', 'metadata', 'spec']),
  );
  expect(widgets!.schema.properties!['metadata']!.properties).toMatchObject({
    name: { maxLength: 5 },
    labels: { type: 'object' },
  });
});
