import type { CustomResourceDefinition, CustomResourceDefinitionVersion, PrinterColumn, Schema } from '../crd.ts';
import { object } from './schema.ts';
import { commonStatus } from './status-schema.ts';

/** What a CustomResourceDefinition is made from. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Default: `Namespaced`. */
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly shortNames?: readonly string[];
  readonly categories: readonly string[];
  /** Duck types of Knative's it is one of. */
  readonly ducks?: readonly string[];
  readonly description: string;
  readonly spec: Schema;
  /** Fields of the status besides those all kinds have. */
  readonly status?: Readonly<Record<string, Schema>>;
  readonly columns?: readonly PrinterColumn[];
  /** Where its scale stands, for those that scale it by the subresource. */
  readonly scale?: NonNullable<CustomResourceDefinitionVersion['subresources']>['scale'];
}

export const column = (name: string, jsonPath: string, type: 'string' | 'integer' = 'string'): PrinterColumn => ({
  name,
  type,
  jsonPath,
});

export const urlColumn: PrinterColumn = column('URL', '.status.url');

export const readyColumns: readonly PrinterColumn[] = [
  column('Ready', ".status.conditions[?(@.type=='Ready')].status"),
  column('Reason', ".status.conditions[?(@.type=='Ready')].reason"),
];

/** The CustomResourceDefinition of a kind: one version, a status of its own, no conversion (serving-api.md, section 1). */
export function makeCrd(kind: Kind): CustomResourceDefinition {
  const { group, plural, scope = 'Namespaced', ducks = [], columns = [], scale } = kind;
  const duckLabels = Object.fromEntries(ducks.map((duck) => [`duck.knative.dev/${duck}`, 'true']));
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      labels: { 'app.kubernetes.io/name': 'ebb', 'knative.dev/crd-install': 'true', ...duckLabels },
    },
    spec: {
      group,
      scope,
      conversion: { strategy: 'None' },
      names: makeNames(kind),
      versions: [
        {
          name: kind.version,
          served: true,
          storage: true,
          subresources: { status: {}, ...(scale ? { scale } : {}) },
          ...(columns.length === 0 ? {} : { additionalPrinterColumns: [...columns] }),
          schema: { openAPIV3Schema: makeSchema(kind) },
        },
      ],
    },
  };
}

function makeNames({ kind, plural, shortNames = [], categories }: Kind): CustomResourceDefinition['spec']['names'] {
  return {
    kind,
    plural,
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    ...(shortNames.length === 0 ? {} : { shortNames: [...shortNames] }),
    categories: [...categories],
  };
}

function makeSchema({ description, spec, status = {} }: Kind): Schema {
  return {
    type: 'object',
    description,
    properties: { spec, status: object('What is so now.', { ...commonStatus, ...status }) },
  };
}
