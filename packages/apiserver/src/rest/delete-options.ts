import type { StatusError } from '@ebb/api';
import { type FieldError, invalidObject, notSupported } from '../schema/field-error.ts';
import { isObject, stringOf } from '../schema/json.ts';
import { parseDryRun } from './call.ts';
import { badRequest } from './errors.ts';

export type PropagationPolicy = 'Foreground' | 'Background' | 'Orphan';

/** How to delete, from the body and the query of a request; what stands in the body wins. */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: PropagationPolicy;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly dryRun: boolean;
}

const policies = ['Foreground', 'Background', 'Orphan'] as const;

/** Reads delete options. Throws `StatusError` (`BadRequest`, `Invalid`) when they make no sense. */
export function parseDeleteOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  const given = isObject(body) ? body : {};
  if (given['kind'] !== undefined && given['kind'] !== 'DeleteOptions')
    throw badRequest(
      `${stringOf(given['kind'])} in version ${JSON.stringify(stringOf(given['apiVersion']))} cannot be handled as a DeleteOptions`,
    );
  const fromQuery = isObject(body) && Object.keys(body).length > 0 ? undefined : query;
  const preconditions = isObject(given['preconditions']) ? given['preconditions'] : {};
  const grace = wholeNumber(given['gracePeriodSeconds'] ?? fromQuery?.get('gracePeriodSeconds'));
  const policy = policyOf(given, fromQuery);
  return {
    ...(grace === undefined ? {} : { gracePeriodSeconds: Math.max(grace, grace < 0 ? 1 : 0) }),
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(typeof preconditions['uid'] === 'string' ? { uid: preconditions['uid'] } : {}),
    ...(typeof preconditions['resourceVersion'] === 'string'
      ? { resourceVersion: preconditions['resourceVersion'] }
      : {}),
    dryRun: parseDryRun(stringsOf(given['dryRun']) ?? query.getAll('dryRun'), 'DeleteOptions'),
  };
}

function wholeNumber(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw badRequest(`gracePeriodSeconds: invalid value ${JSON.stringify(value)}`);
  return number;
}

function policyOf(given: Record<string, unknown>, query: URLSearchParams | undefined): PropagationPolicy | undefined {
  const policy = given['propagationPolicy'] ?? query?.get('propagationPolicy') ?? undefined;
  const orphan = given['orphanDependents'] ?? query?.get('orphanDependents') ?? undefined;
  if (policy !== undefined && orphan !== undefined)
    throw refuse({
      field: 'propagationPolicy',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`,
    });
  if (orphan !== undefined) return orphan === true || orphan === 'true' ? 'Orphan' : 'Background';
  const known = policies.find((each) => each === policy);
  if (policy !== undefined && !known) throw refuse(notSupported('propagationPolicy', policy, [...policies, 'nil']));
  return known;
}

function refuse(error: FieldError): StatusError {
  return invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [error]);
}

function stringsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.map(String) : undefined;
}
