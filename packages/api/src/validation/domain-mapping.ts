import { clusterDomain } from '../config/domain.ts';
import { type FieldError, disallowedFields, fieldError, missingField, viaField } from '../field-error.ts';
import type { ObjectMeta } from '../meta.ts';
import type { DomainMapping } from '../serving.ts';
import { validateUsers } from './metadata.ts';
import { checkDomainName } from './names.ts';
import { missingAmong } from './set-fields.ts';

/** A DomainMapping after defaults (serving-api.md, section 10). `old`: the stored one it replaces. */
export function validateDomainMapping(mapping: DomainMapping, old?: DomainMapping): FieldError[] {
  const { metadata, spec } = mapping;
  return [
    ...viaField('metadata', [...validateName(metadata), ...validateUsers(mapping, old)]),
    ...viaField('spec', viaField('ref', validateRef(spec.ref, metadata))),
  ];
}

function validateName({ name = '', generateName = '' }: ObjectMeta): FieldError[] {
  const wrong = checkDomainName(name);
  const refuse = (why: string): FieldError => fieldError(`invalid name "${name}": ${why}`, ['name']);
  return [
    ...(generateName === '' ? [] : [disallowedFields('generateName')]),
    ...wrong.map(refuse),
    ...(name.endsWith(`.${clusterDomain}`)
      ? [refuse(`must not be a subdomain of cluster local domain "${clusterDomain}"`)]
      : []),
  ];
}

function validateRef(ref: DomainMapping['spec']['ref'], { namespace = '' }: ObjectMeta): FieldError[] {
  const missing = missingAmong(ref, ['apiVersion', 'kind', 'name']);
  const isForeign = Boolean(ref.namespace) && namespace !== '' && ref.namespace !== namespace;
  const details = `the DomainMapping is in namespace "${namespace}", its ref in "${ref.namespace}"`;
  return [
    ...(missing.length > 0 ? [missingField(...missing)] : []),
    ...(ref.group ? [disallowedFields('group')] : []),
    ...(isForeign ? [fieldError('mismatched namespaces', ['namespace'], { details })] : []),
  ];
}
