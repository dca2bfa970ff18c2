import { apiVersionOf } from '@ebb/api';
import { subresourcesOf } from '../discovery/subresources.ts';
import type { ResourceInfo } from '../resource-info.ts';
import type { Dialect, PublishedSchema } from './definitions.ts';

/** Query parameters by verb: kubectl looks here for what the server can do. */
const writing = ['dryRun', 'fieldManager', 'fieldValidation', 'pretty'];
const parameters: Record<string, readonly string[]> = {
  list: ['allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion', 'watch'],
  deletecollection: ['continue', 'dryRun', 'fieldSelector', 'labelSelector', 'limit', 'propagationPolicy'],
  delete: ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'],
  post: writing,
  put: writing,
  patch: [...writing, 'force'],
  get: ['pretty'],
};

const descriptions: Record<string, string> = {
  dryRun: 'Whether nothing is to be stored: All, or absent.',
  fieldManager: 'Who owns the fields written.',
  fieldValidation: 'What to do about unknown or repeated fields: Ignore, Warn or Strict.',
  force: 'Whether an apply takes fields that others manage.',
};

const methods: Record<string, string> = { list: 'get', deletecollection: 'delete' };
/** Custom resources take no strategic merge patch, and kubectl looks here before it sends one. */
const customPatchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/apply-patch+yaml',
];
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

interface Operation {
  readonly info: ResourceInfo;
  readonly dialect: Dialect;
  /** Kubernetes' action: `list`, `post`, `get`, `put`, `patch`, `delete`, `deletecollection`. */
  readonly action: string;
  readonly gvk: { readonly group: string; readonly version: string; readonly kind: string };
  readonly schema: PublishedSchema;
  readonly id: string;
}

/** The paths of one resource with their operations; `kind` and `list` are references to the schemas of both. */
export function pathsOf(
  info: ResourceInfo,
  dialect: Dialect,
  { kind, list }: { readonly kind: PublishedSchema; readonly list: PublishedSchema },
): Record<string, object> {
  const { group, version, plural, verbs } = info;
  const root = `/${group === '' ? 'api' : 'apis'}/${apiVersionOf(info)}`;
  const scope = info.namespaced ? `${root}/namespaces/{namespace}` : root;
  const gvk = { group, version, kind: info.kind };
  const operations = (actions: Record<string, string>, at: string): Record<string, object> => {
    const entries = Object.entries(actions)
      .filter(([, verb]) => verbs.includes(verb))
      .map(([action]) => [
        methods[action] ?? action,
        operation({ info, dialect, action, gvk, schema: action === 'list' ? list : kind, id: at }),
      ]);
    return entries.length === 0 ? {} : { ...Object.fromEntries(entries), ...pathParameters(at, dialect) };
  };
  const collection = `${scope}/${plural}`;
  const one = `${collection}/{name}`;
  const all = { list: 'list', post: 'create', deletecollection: 'deletecollection' };
  const paths: Record<string, object> = { [collection]: operations(all, collection) };
  if (info.namespaced && verbs.includes('list'))
    paths[`${root}/${plural}`] = operations({ list: 'list' }, `${root}/${plural}`);
  if (verbs.includes('get'))
    paths[one] = operations({ get: 'get', put: 'update', patch: 'patch', delete: 'delete' }, one);
  return { ...paths, ...subresourcePaths(info, dialect, { one, kind }) };
}

const actionsOfVerbs: Record<string, string> = { get: 'get', update: 'put', patch: 'patch', create: 'post' };

function subresourcePaths(
  info: ResourceInfo,
  dialect: Dialect,
  { one, kind }: { readonly one: string; readonly kind: PublishedSchema },
): Record<string, object> {
  return Object.fromEntries(
    subresourcesOf(info).map((subresource) => {
      const at = `${one}/${subresource.name}`;
      const { group = info.group, version = info.version } = subresource;
      const gvk = { group, version, kind: subresource.kind };
      const schema = subresource.kind === info.kind ? kind : { type: 'object' };
      const operations = subresource.verbs.flatMap((verb) => {
        const action = actionsOfVerbs[verb];
        return action === undefined ? [] : [[action, operation({ info, dialect, action, gvk, schema, id: at })]];
      });
      return [at, { ...Object.fromEntries(operations), ...pathParameters(at, dialect) }];
    }),
  );
}

function operation({ info, dialect, action, gvk, schema, id }: Operation): object {
  const query = (parameters[action] ?? []).map((name) => parameter(name, 'query', dialect));
  const common = {
    operationId: action + id.replaceAll(/[^A-Za-z0-9]+(.?)/g, (_, next: string) => next.toUpperCase()),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  };
  const writes = action === 'post' || action === 'put' || action === 'patch';
  const patches = info.builtin ? patchTypes : customPatchTypes;
  const consumes = action === 'patch' ? patches : ['application/json', 'application/yaml'];
  if (dialect === 'v2') {
    const body = writes ? [{ name: 'body', in: 'body', required: true, schema }] : [];
    return { ...common, consumes, parameters: [...body, ...query], responses: { 200: { description: 'OK', schema } } };
  }
  const content = Object.fromEntries(
    consumes.map((type) => [type, { schema: action === 'patch' ? { type: 'object' } : schema }]),
  );
  return {
    ...common,
    parameters: query,
    ...(writes ? { requestBody: { content, required: true } } : {}),
    responses: { 200: { description: 'OK', content: { 'application/json': { schema } } } },
  };
}

function pathParameters(path: string, dialect: Dialect): object {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return names.length === 0 ? {} : { parameters: names.map((name) => parameter(name, 'path', dialect)) };
}

const numbers = new Set(['limit', 'gracePeriodSeconds']);
const flags = new Set(['watch', 'force', 'orphanDependents', 'allowWatchBookmarks']);

function parameter(name: string, where: 'query' | 'path', dialect: Dialect): object {
  const type = numbers.has(name) ? 'integer' : flags.has(name) ? 'boolean' : 'string';
  const description = descriptions[name];
  return {
    name,
    in: where,
    ...(description === undefined ? {} : { description }),
    ...(where === 'path' ? { required: true } : {}),
    ...(dialect === 'v2' ? { type, uniqueItems: true } : { schema: { type, uniqueItems: true } }),
  };
}
