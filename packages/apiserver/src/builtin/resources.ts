import type { Schema } from '@ebb/api';
import type { ExtraSubresource, ResourceInfo } from '../resource-info.ts';
import { type BuiltinKind, builtinKinds, modelOf } from './kinds.ts';
import { schemaOfClass } from './model-schema.ts';

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const subresources: Readonly<Record<string, readonly ExtraSubresource[]>> = {
  Namespace: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }],
  Node: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: ['get'] }],
  Pod: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  ],
  ServiceAccount: [
    { name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
  ],
};

const resources: readonly ResourceInfo[] = builtinKinds.map(resourceOf);

/** All built-in resources. Their schemas are built when first asked for. */
export function builtinResources(): readonly ResourceInfo[] {
  return resources;
}

function resourceOf(row: BuiltinKind): ResourceInfo {
  const { group, version = 'v1', kind, shortNames = [], categories = [] } = row;
  const singular = kind.toLowerCase();
  let schema: Schema | undefined;
  return {
    group,
    version,
    plural: row.plural ?? `${singular}s`,
    singular,
    kind,
    listKind: `${kind}List`,
    namespaced: !row.cluster,
    shortNames,
    categories,
    verbs: verbsOf(row),
    status: row.status ?? false,
    ...(Object.hasOwn(subresources, kind) ? { subresources: subresources[kind] ?? [] } : {}),
    get schema(): Schema {
      return (schema ??= kindSchema(row));
    },
    preserveUnknownFields: false,
    columns: [],
    builtin: true,
    hasGeneration: row.hasGeneration ?? false,
  };
}

function verbsOf({ kind, review, absent }: BuiltinKind): readonly string[] {
  if (review) return ['create'];
  if (absent) return ['get', 'list', 'watch'];
  return kind === 'Namespace' ? allVerbs.filter((verb) => verb !== 'deletecollection') : allVerbs;
}

function kindSchema(row: BuiltinKind): Schema {
  const { group, version = 'v1', kind } = row;
  return { ...schemaOfClass(modelOf(row)), 'x-kubernetes-group-version-kind': [{ group, version, kind }] };
}
