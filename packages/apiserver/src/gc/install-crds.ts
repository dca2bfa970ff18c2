import type { CustomResourceDefinition } from '@ebb/api';
import { crdResource } from './crd-controller.ts';
import { internalCall } from './internal-write.ts';
import type { Machine } from '../rest/call.ts';
import { createObject } from '../rest/create.ts';
import { updateObject } from '../rest/update.ts';

/** Creates CRDs, or brings those that are there up to date. Throws `StatusError` if one is invalid. */
export function installCrds(machine: Machine, crds: readonly CustomResourceDefinition[]): void {
  const info = machine.registry.findByKey(crdResource);
  if (!info) return;
  for (const crd of crds) {
    const object = structuredClone(crd);
    const name = object.metadata.name ?? '';
    const stored = machine.storage.table(crdResource).get('', name);
    if (!stored) createObject(machine, internalCall(info, '', ''), object);
    else {
      const { resourceVersion = '', finalizers } = stored.object.metadata;
      object.metadata = { ...object.metadata, resourceVersion, ...(finalizers ? { finalizers } : {}) };
      updateObject(machine, internalCall(info, '', name), object);
    }
  }
}
