import type { ResourceInfo } from '../resource-info.ts';
import { Definitions, type Dialect } from './definitions.ts';
import { pathsOf } from './paths.ts';

const info = { title: 'Kubernetes', version: 'unversioned' };

/** The OpenAPI 3 document of one group version. */
export function openApiV3(resources: readonly ResourceInfo[]): object {
  const { paths, schemas } = describe(resources, 'v3');
  return { openapi: '3.0.0', info, paths, components: { schemas } };
}

/** The Swagger 2.0 document of all resources together. */
export function openApiV2(resources: readonly ResourceInfo[]): object {
  const { paths, schemas } = describe(resources, 'v2');
  return { swagger: '2.0', info, paths, definitions: schemas };
}

function describe(resources: readonly ResourceInfo[], dialect: Dialect): { paths: object; schemas: object } {
  const definitions = new Definitions(dialect);
  const paths: Record<string, object> = {};
  for (const resource of resources) {
    const { kind, list } = definitions.addKind(resource);
    const references = { kind: definitions.reference(kind), list: definitions.reference(list) };
    Object.assign(paths, pathsOf(resource, dialect, references));
  }
  return { paths, schemas: definitions.schemas };
}
