import type { CustomResourceDefinition, CustomResourceDefinitionVersion, PrinterColumn, Schema } from '@ebb/api';
import { schemaOfClass } from '../builtin/model-schema.ts';
import type { ResourceInfo } from '../resource-info.ts';

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

const ageColumn: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since the object was created',
};

/** The resources a CRD defines, one for each served version, in the order of the versions. */
export function resourcesOfCrd(crd: CustomResourceDefinition): readonly ResourceInfo[] {
  return crd.spec.versions.filter((version) => version.served).map((version) => resourceOf(crd, version));
}

function resourceOf({ spec }: CustomResourceDefinition, version: CustomResourceDefinitionVersion): ResourceInfo {
  const { names } = spec;
  const scale = version.subresources?.scale;
  const schema = version.schema?.openAPIV3Schema;
  let completed: Schema | undefined;
  return {
    group: spec.group,
    version: version.name,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    namespaced: spec.scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs,
    status: version.subresources?.status !== undefined,
    ...(scale ? { scale } : {}),
    get schema(): Schema {
      return (completed ??= kindSchema(spec.group, version.name, names.kind, schema ?? {}));
    },
    preserveUnknownFields: schema === undefined || spec.preserveUnknownFields === true,
    columns: version.additionalPrinterColumns?.length ? version.additionalPrinterColumns : [ageColumn],
    selectableFields: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, '')),
    builtin: false,
    hasGeneration: true,
  };
}

function kindSchema(group: string, version: string, kind: string, schema: Schema): Schema {
  return {
    ...embedded(schema),
    type: 'object',
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  };
}

/** A schema with what every object has: `apiVersion`, `kind` and `metadata`; the last with the CRD's bounds on names. */
function embedded(schema: Schema): Schema {
  const completed = complete(schema);
  const { apiVersion, kind, metadata } = schemaOfClass('V1Pod').properties ?? {};
  const meta: Schema = {
    ...schemaOfClass('V1ObjectMeta'),
    ...(metadata?.description ? { description: metadata.description } : {}),
  };
  const bounds = schema.properties?.['metadata']?.properties;
  return {
    ...completed,
    properties: {
      ...(apiVersion ? { apiVersion } : {}),
      ...(kind ? { kind } : {}),
      ...completed.properties,
      metadata: bounds ? { ...meta, properties: { ...meta.properties, ...bounds } } : meta,
    },
  };
}

/** The schema with embedded resources made whole, at any depth. */
function complete(schema: Schema): Schema {
  const { properties, additionalProperties, items } = schema;
  return {
    ...schema,
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([key, each]) => [key, completeChild(each)])) }
      : {}),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: completeChild(additionalProperties) } : {}),
    ...(items ? { items: completeChild(items) } : {}),
  };
}

function completeChild(schema: Schema): Schema {
  return schema['x-kubernetes-embedded-resource'] ? embedded(schema) : complete(schema);
}
