import type { KubernetesObject } from '@ebb/api';
import { decodingProblem } from '../builtin/decoding-problem.ts';
import type { ResourceInfo } from '../resource-info.ts';
import { isObject, isStored, stringOf } from '../schema/json.ts';
import { pruneUnknown } from '../schema/prune.ts';
import { type Call, apiVersionOfInfo } from './call.ts';
import { badRequest, cannotHandle } from './errors.ts';

/**
 * The object of a request's body, of the kind and version that the call is about. A missing kind and version are
 * filled in for built-in kinds, as a typed decoder does. The body becomes the object: it is the caller's to change.
 */
export function decodeObject(info: ResourceInfo, body: unknown): KubernetesObject {
  if (body === null && info.builtin) return decodeObject(info, {});
  if (!isObject(body))
    throw badRequest(
      `the object provided is unrecognized (must be of type ${info.kind}): couldn't get version/kind; json parse error: ` +
        `json: cannot unmarshal ${jsonTypeOf(body)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  const { apiVersion, kind, metadata, ...rest } = body;
  checkKind(info, apiVersion, kind);
  if (metadata !== undefined && metadata !== null && !isObject(metadata))
    throw cannotHandle(
      info,
      `json: cannot unmarshal ${jsonTypeOf(metadata)} into Go struct field ${info.kind}.metadata of type v1.ObjectMeta`,
    );
  const problem = info.builtin ? decodingProblem(rest, info) : undefined;
  if (problem !== undefined) throw cannotHandle(info, problem);
  return {
    apiVersion: apiVersionOfInfo(info),
    kind: info.kind,
    metadata: cleanMetadata(info, metadata ?? {}),
    ...rest,
  };
}

/**
 * Removes unknown fields; what is said about them, and about those that the body has twice, is the call's choice: nothing, warnings, or a refusal with 400.
 */
export function dropUnknownFields(call: Call, object: KubernetesObject): void {
  const unknown = pruneUnknown(object, call.info);
  if (call.fieldValidation === 'Ignore') return;
  const problems = [
    ...(call.duplicates ?? []).map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...(call.info.builtin ? unknown : unknown.toSorted()).map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  if (problems.length === 0) return;
  if (call.fieldValidation === 'Strict') throw cannotHandle(call.info, `strict decoding error: ${problems.join(', ')}`);
  call.warnings.push(...problems);
}

function checkKind(info: ResourceInfo, givenVersion: unknown, givenKind: unknown): void {
  const apiVersion = stringOf(givenVersion);
  const kind = stringOf(givenKind);
  if (!info.builtin && kind === '') throw badRequest("Object 'Kind' is missing in the body");
  if (!info.builtin && apiVersion === '') throw badRequest("Object 'apiVersion' is missing in the body");
  const expected = apiVersionOfInfo(info);
  const found = apiVersion || expected;
  if (kind !== '' && kind !== info.kind)
    throw badRequest(
      `${kind} in version ${JSON.stringify(found.split('/').at(-1))} cannot be handled as a ${info.kind}: ` +
        `converting (${found}.${kind}) to (${expected}.${info.kind}): unknown conversion`,
    );
  if (found !== expected && info.builtin)
    throw badRequest(
      `${info.kind} in version ${JSON.stringify(found.split('/').at(-1))} cannot be handled as a ${info.kind}: ` +
        `no kind ${JSON.stringify(info.kind)} is registered for version ${JSON.stringify(found)}`,
    );
  if (found !== expected)
    throw badRequest(`the API version in the data (${found}) does not match the expected API version (${expected})`);
}

const mapFields = ['labels', 'annotations'] as const;
const stringFields = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion'] as const;
const listFields = ['ownerReferences', 'finalizers', 'managedFields'] as const;

/** Metadata whose fields have the right types, with those that are null left out. */
function cleanMetadata(info: ResourceInfo, metadata: Record<string, unknown>): KubernetesObject['metadata'] {
  const clean = Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== null));
  const refuse = (value: unknown, field: string, type: string): never => {
    const problem = `json: cannot unmarshal ${jsonTypeOf(value)} into Go struct field ObjectMeta.metadata.${field} of type ${type}`;
    throw cannotHandle(info, problem);
  };
  for (const field of stringFields)
    if (clean[field] !== undefined && typeof clean[field] !== 'string') refuse(clean[field], field, 'string');
  for (const field of listFields)
    if (clean[field] !== undefined && !Array.isArray(clean[field])) refuse(clean[field], field, '[]v1');
  for (const field of mapFields) {
    const value = clean[field];
    if (value === undefined || isStored(value)) continue;
    if (!isObject(value)) refuse(value, field, 'map[string]string');
    else clean[field] = stringMap(value, (each) => refuse(each, field, 'string'));
  }
  return clean;
}

/** A map of strings; null counts as the empty string, as in Go. */
function stringMap(map: Record<string, unknown>, refuse: (value: unknown) => never): Record<string, string> {
  const strings = Object.entries(map).map(([key, value]) => {
    if (value !== null && typeof value !== 'string') refuse(value);
    return [key, value ?? ''] as const;
  });
  return Object.fromEntries(strings) as Record<string, string>;
}

function jsonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
