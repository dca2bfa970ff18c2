import { type KubernetesObject, StatusError } from '@ebb/api';
import { type FieldError, forbidden, invalidObject, notSupported } from '../schema/field-error.ts';
import type { Call } from './call.ts';
import { badRequest } from './errors.ts';
import { nameOfSelector, parseFieldSelector } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';

/** Which objects a list or watch is about. */
export interface Selection {
  /** `undefined` for all namespaces. */
  readonly namespace: string | undefined;
  /** The only name that can match, if the selectors say so. */
  readonly name: string | undefined;
  readonly matches: (object: KubernetesObject) => boolean;
}

/** Reads the selectors of a call. Throws `StatusError` (`BadRequest`). */
export function parseSelection({ info, namespace, name, query }: Call): Selection {
  const fieldText = query.get('fieldSelector') ?? '';
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  const fields = parseFieldSelector(fieldText, info);
  const only = name === '' ? nameOfSelector(fieldText) : name;
  return {
    namespace: namespace === '' && info.namespaced ? undefined : namespace,
    name: only,
    matches: (object) =>
      (only === undefined || object.metadata.name === only) &&
      (!labels || labels(object.metadata.labels)) &&
      (!fields || fields(object)),
  };
}

/** Whether a boolean parameter is set, as Go reads it. */
export function isTrue(value: string | null): boolean {
  return value !== null && ['1', 't', 'T', 'true', 'TRUE', 'True', ''].includes(value) && value !== '';
}

/** A whole number of a query; 0 if absent. Throws `BadRequest`. */
export function wholeParameter(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (text === '') return 0;
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return value;
}

/** A resource version of a query; `undefined` if absent. `refuse` makes the error of one that is no number. */
export function parseVersion(text: string | null, refuse: (problem: string) => Error): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text)))
    throw refuse(
      `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  return Number(text);
}

/** Throws `Invalid` if the parameters of a list do not go together. */
export function checkListOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  const errors: FieldError[] = [];
  const refuse = (problem: string): number => errors.push(forbidden('resourceVersionMatch', problem));
  if (query.has('sendInitialEvents'))
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (match !== '') {
    if (version === '') refuse('resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (query.get('continue')) refuse('resourceVersionMatch is forbidden when continue is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && version === '0')
      refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  throwErrors(errors);
}

/** Throws `Invalid` if the parameters of a watch do not go together. */
export function checkWatchOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const errors: FieldError[] = [];
  if (!query.has('sendInitialEvents')) {
    if (match !== '')
      errors.push(
        forbidden(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
        ),
      );
  } else if (match !== 'NotOlderThan') {
    const text = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan';
    errors.push(
      match === ''
        ? forbidden('resourceVersionMatch', text)
        : notSupported('resourceVersionMatch', match, ['NotOlderThan']),
    );
  }
  throwErrors(errors);
}

function throwErrors(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

/** The error of a request for one object, or a watch, whose resource version is no number. */
export function badVersion(problem: string): StatusError {
  return new StatusError('', `resourceVersion: ${problem}`, { code: 500 });
}
