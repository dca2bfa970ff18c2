import { StatusError } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';

/** What is wrong with one field, as it stands in `Status.details.causes`. */
export interface FieldError {
  /** Path such as `spec.containers[0].name`. */
  readonly field: string;
  /** Kubernetes' cause: `FieldValueRequired`, `FieldValueInvalid`, … */
  readonly reason: string;
  /** Kubernetes' text without the path: `Required value`, `Invalid value: "x": must be …`. */
  readonly message: string;
}

export function required(field: string, detail = ''): FieldError {
  return { field, reason: 'FieldValueRequired', message: withDetail('Required value', detail) };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: 'FieldValueInvalid', message: withDetail(`Invalid value: ${shown(value)}`, detail) };
}

/** Of the wrong JSON type; `type` is the name of what was found. */
export function typeInvalid(field: string, type: string, detail: string): FieldError {
  return { field, reason: 'FieldValueTypeInvalid', message: `Invalid value: ${shown(type)}: ${detail}` };
}

export function notSupported(field: string, value: unknown, supported: readonly unknown[]): FieldError {
  const values = supported.map((each) => (typeof each === 'string' ? shown(each) : JSON.stringify(each))).join(', ');
  return {
    field,
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${shown(value)}: supported values: ${values}`,
  };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(value)}` };
}

/** Names something that is not there. */
export function notFound(field: string, value: unknown): FieldError {
  return { field, reason: 'FieldValueNotFound', message: `Not found: ${shown(value)}` };
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, reason: 'FieldValueForbidden', message: withDetail('Forbidden', detail) };
}

export function tooLong(field: string, maximum: number): FieldError {
  return { field, reason: 'FieldValueTooLong', message: `Too long: may not be more than ${maximum} bytes` };
}

export function tooMany(field: string, actual: number, maximum: number): FieldError {
  return { field, reason: 'FieldValueTooMany', message: `Too many: ${actual}: must have at most ${maximum} items` };
}

/** The answer 422 to an object with these errors, of which there is at least one. */
export function invalidObject(
  { group, kind }: Pick<ResourceInfo, 'group' | 'kind'>,
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const what = group === '' ? kind : `${kind}.${group}`;
  return new StatusError(
    'Invalid',
    `${what} ${JSON.stringify(name)} is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`,
    { details: { name, group, kind, causes: errors.map((error) => ({ ...error })) } },
  );
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}

function shown(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}
