import { type Status, StatusError } from '@ebb/api';
import type { ResourceInfo } from '../resource-info.ts';
import { type FieldError, invalidObject } from '../schema/field-error.ts';
import { resourceKey } from '../store/stored-pair.ts';

type Named = Pick<ResourceInfo, 'group' | 'plural'>;

const details = ({ group, plural }: Named, name: string): Status['details'] => ({
  name,
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export function notFound(info: Named, name: string): StatusError {
  return new StatusError('NotFound', `${resourceKey(info)} ${JSON.stringify(name)} not found`, {
    details: details(info, name),
  });
}

export function alreadyExists(info: Named, name: string): StatusError {
  return new StatusError('AlreadyExists', `${resourceKey(info)} ${JSON.stringify(name)} already exists`, {
    details: details(info, name),
  });
}

/** A conflict of a write with what is stored. `resource` may be a kind where Kubernetes itself names that. */
export function conflict(info: Named, name: string, problem: string): StatusError {
  return new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${resourceKey(info)} ${JSON.stringify(name)}: ${problem}`,
    { details: details(info, name) },
  );
}

/** The conflict of a write that was made from an older version. */
export function staleVersion(info: Named, name: string): StatusError {
  return conflict(
    info,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );
}

/** The conflict of a write that names another uid than the stored object has. */
export function wrongUid(info: Named, place: string, name: string, asked: string, found: string): StatusError {
  const key = `/registry/${info.group === '' ? '' : `${info.group}/`}${info.plural}/${place}`;
  return conflict(
    info,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ` +
      `UID in precondition: ${asked}, UID in object meta: ${found}`,
  );
}

export function forbidden(
  info: Named,
  name: string,
  problem: string,
  causes?: { reason: string; message: string; field: string }[],
): StatusError {
  const what = name === '' ? resourceKey(info) : `${resourceKey(info)} ${JSON.stringify(name)}`;
  return new StatusError('Forbidden', `${what} is forbidden: ${problem}`, {
    details: { ...details(info, name), ...(causes ? { causes } : {}) },
  });
}

export function badRequest(message: string): StatusError {
  return new StatusError('BadRequest', message);
}

/** An object that does not say its name, whatever its path says. */
export function nameMissing(name: string): StatusError {
  return badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
}

/** The refusal of a parameter; `kind` is that of the options it belongs to, such as `CreateOptions`. */
export function invalidOptions(kind: string, error: FieldError): StatusError {
  return invalidObject({ group: 'meta.k8s.io', kind }, '', [error]);
}

/** An error of a decoder, in the words Kubernetes puts around it. */
export function cannotHandle(info: ResourceInfo, problem: string): StatusError {
  return badRequest(
    `${info.kind} in version ${JSON.stringify(info.version)} cannot be handled as a ${info.kind}: ${problem}`,
  );
}

export function methodNotAllowed(): StatusError {
  return new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {
    details: {},
  });
}

/** The refusal of a workload: nothing here would run it. */
export function notMade({ kind }: Pick<ResourceInfo, 'kind'>): StatusError {
  const message = `nothing here runs a ${kind}: use a Knative Service in its place, or a cluster`;
  return new StatusError('MethodNotAllowed', message, { details: {} });
}

export function unknownResource(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource', { details: {} });
}

/** What is asked of a resource that can otherwise be had, such as `exec` of a pod. */
export function actionNotSupported({ plural }: Pick<ResourceInfo, 'plural'>, action: string): StatusError {
  return new StatusError(
    'MethodNotAllowed',
    `${action} is not supported on resources of kind ${JSON.stringify(plural)}`,
  );
}
