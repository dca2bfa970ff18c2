import { type KubernetesObject, StatusError } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import { resourceKey } from '../store/stored-pair.ts';

/** Says whether an object's fields match. */
export type FieldMatcher = (object: KubernetesObject) => boolean;

interface Term {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** Field labels beyond `metadata.name` and `metadata.namespace`, with the value of an absent field. */
const fieldsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pods: {
    'spec.nodeName': '',
    'spec.restartPolicy': '',
    'spec.schedulerName': '',
    'spec.serviceAccountName': '',
    'spec.hostNetwork': 'false',
    'status.phase': '',
    'status.podIP': '',
    'status.podIPs': '',
    'status.nominatedNodeName': '',
  },
  events: {
    'involvedObject.kind': '',
    'involvedObject.namespace': '',
    'involvedObject.name': '',
    'involvedObject.uid': '',
    'involvedObject.apiVersion': '',
    'involvedObject.resourceVersion': '',
    'involvedObject.fieldPath': '',
    reason: '',
    reportingComponent: '',
    source: '',
    type: '',
  },
  secrets: { type: '' },
  nodes: { 'spec.unschedulable': 'false' },
  namespaces: { 'status.phase': '' },
  services: { 'spec.clusterIP': '', 'spec.type': '' },
};

/** Fields whose label is not their path. */
const paths: Readonly<Record<string, string>> = { source: 'source.component' };

/**
 * Reads a field selector: `a=b`, `a==b`, `a!=b` joined by commas, with `\` before a comma, an equals sign or a
 * backslash that is part of a value. Returns `undefined` for the empty one. Throws `StatusError` (`BadRequest`) for
 * fields that the resource has no label for.
 */
export function parseFieldSelector(text: string, info: ResourceInfo): FieldMatcher | undefined {
  if (text === '') return undefined;
  const terms = splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => parseTerm(term, text));
  const known = labelsOf(info);
  for (const { field } of terms) requireKnown(field, info, known);
  return (object) =>
    terms.every(({ field, value, equal }) => (fieldValue(object, field, known[field] ?? '') === value) === equal);
}

/** The name that a selector asks for with `metadata.name=…`, if it does. */
export function nameOfSelector(text: string): string | undefined {
  return /(?:^|,)metadata\.name==?([^,\\]+)(?:,|$)/.exec(text)?.[1];
}

function labelsOf(info: ResourceInfo): Readonly<Record<string, string>> {
  if (info.builtin) return fieldsOf[resourceKey(info)] ?? {};
  return Object.fromEntries((info.selectableFields ?? []).map((field) => [field, '']));
}

function requireKnown(field: string, info: ResourceInfo, known: Readonly<Record<string, string>>): void {
  if (field === 'metadata.name' || field === 'metadata.namespace' || Object.hasOwn(known, field)) return;
  const message = info.builtin
    ? `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
    : `field label not supported: ${field}`;
  const text = Object.keys(known).length > 0 ? `field label not supported: ${field}` : message;
  throw new StatusError('BadRequest', text);
}

function fieldValue(object: KubernetesObject, field: string, absent: string): string {
  let value: unknown = object;
  for (const key of (paths[field] ?? field).split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return absent;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : absent;
}

function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|[^,\\])+/gs) ?? [];
}

function parseTerm(term: string, text: string): Term {
  const match = /^((?:\\.|[^\\=!])*)(!=|==?)(.*)$/s.exec(term);
  if (!match) throw new StatusError('BadRequest', `invalid selector: '${text}'; can't understand '${term}'`);
  const [, field = '', operator, value = ''] = match;
  return { field, equal: operator !== '!=', value: unescape(value, text) };
}

function unescape(value: string, text: string): string {
  if (/(?:^|[^\\])(?:\\\\)*=/.test(value))
    throw new StatusError('BadRequest', `invalid selector: '${text}'; can't understand '${value}'`);
  return value.replace(/\\(.)/gs, '$1');
}
