import type { KubernetesObject } from '@ebb/api';
import type { Call, Machine } from './call.ts';
import { badRequest, forbidden, notFound } from './errors.ts';

const namespaces = { group: '', plural: 'namespaces' };

/** Puts the call's namespace into the object, in place. Throws `BadRequest` if the object names another. */
export function placeInNamespace({ info, namespace }: Call, object: KubernetesObject): void {
  if (!info.namespaced) {
    delete object.metadata.namespace;
    return;
  }
  if (object.metadata.namespace && object.metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  object.metadata.namespace = namespace;
}

/** Throws unless the namespace of the call exists and new objects may be made in it. */
export function requireOpenNamespace({ storage }: Machine, { info, namespace }: Call, name: string): void {
  if (!info.namespaced) return;
  const stored = storage.table('namespaces').get('', namespace);
  if (!stored) throw notFound(namespaces, namespace);
  if (stored.object.metadata.deletionTimestamp === undefined) return;
  throw forbidden(info, name, `unable to create new content in namespace ${namespace} because it is being terminated`, [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ]);
}
