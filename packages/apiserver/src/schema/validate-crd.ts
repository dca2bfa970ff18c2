import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '@ebb/api';
import { type FieldError, invalid, invalidObject, notSupported, required } from './field-error.ts';
import { isObject, type JsonObject, objectOf, objectsOf, stringOf } from './json.ts';
import { dns1035LabelErrors, dnsSubdomainErrors } from './names.ts';
import { checkStructural } from './structural.ts';

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string'];

/** Throws `StatusError` (`Invalid`) with kube-apiserver's texts if the CRD, after defaulting, cannot be served. */
export function validateCrd(crd: CustomResourceDefinition): void {
  const spec = objectOf(crd.spec);
  const versions = objectsOf(spec['versions']);
  const errors: FieldError[] = [
    ...nameErrors(crd, spec),
    ...groupErrors(stringOf(spec['group'])),
    ...namesErrors(objectOf(spec['names'])),
    ...versionErrors(versions as unknown as CustomResourceDefinitionVersion[]),
  ];
  if (!['Cluster', 'Namespaced'].includes(stringOf(spec['scope'])))
    errors.push(
      spec['scope'] ? notSupported('spec.scope', spec['scope'], ['Cluster', 'Namespaced']) : required('spec.scope'),
    );
  if (spec['preserveUnknownFields'] === true)
    errors.push(invalid('spec.preserveUnknownFields', true, 'must be false in order to use defaults in the schema'));
  const strategy = objectOf(spec['conversion'])['strategy'] ?? 'None';
  if (strategy !== 'None') errors.push(notSupported('spec.conversion.strategy', strategy, ['None']));
  if (errors.length > 0)
    throw invalidObject(
      { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' },
      crd.metadata.name ?? '',
      errors,
    );
}

function nameErrors(crd: CustomResourceDefinition, spec: JsonObject): FieldError[] {
  const wanted = `${stringOf(objectOf(spec['names'])['plural'])}.${stringOf(spec['group'])}`;
  const name = crd.metadata.name ?? '';
  if (name === wanted) return [];
  return [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')];
}

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const errors = dnsSubdomainErrors(group).map((problem) => invalid('spec.group', group, problem));
  if (!group.includes('.')) errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  return errors;
}

function namesErrors(names: JsonObject): FieldError[] {
  const path = 'spec.names';
  const errors: FieldError[] = [];
  for (const key of ['plural', 'singular', 'kind', 'listKind']) {
    const value = stringOf(names[key]);
    if (value === '') {
      errors.push(required(`${path}.${key}`));
      continue;
    }
    const caseFree = key === 'kind' || key === 'listKind' ? value.toLowerCase() : value;
    errors.push(...dns1035LabelErrors(caseFree).map((problem) => invalid(`${path}.${key}`, value, problem)));
  }
  if (names['kind'] !== undefined && names['kind'] === names['listKind'])
    errors.push(invalid(`${path}.listKind`, names['listKind'], 'kind and listKind may not be the same'));
  for (const list of ['shortNames', 'categories'])
    for (const [index, value] of (Array.isArray(names[list]) ? names[list] : []).entries())
      errors.push(
        ...dns1035LabelErrors(String(value)).map((problem) => invalid(`${path}.${list}[${index}]`, value, problem)),
      );
  return errors;
}

function versionErrors(versions: readonly CustomResourceDefinitionVersion[]): FieldError[] {
  const path = 'spec.versions';
  if (versions.length === 0) return [invalid(path, null, 'must have exactly one version marked as storage version')];
  const errors = versions.flatMap((version, index) => oneVersionErrors(version, `${path}[${index}]`));
  const names = versions.map((version) => version.name);
  for (const [index, name] of names.entries())
    if (names.indexOf(name) < index) errors.push(invalid(path, names, 'must contain unique version names'));
  if (versions.filter((version) => version.storage).length !== 1)
    errors.push(invalid(path, names, 'must have exactly one version marked as storage version'));
  return errors;
}

function oneVersionErrors(version: CustomResourceDefinitionVersion, path: string): FieldError[] {
  const name = stringOf(version.name);
  const errors = dns1035LabelErrors(name).map((problem) => invalid(`${path}.name`, name, problem));
  const schema = version.schema?.openAPIV3Schema;
  if (!isObject(schema)) errors.push(required(`${path}.schema.openAPIV3Schema`, 'schemas are required'));
  else errors.push(...checkStructural(schema, `${path}.schema.openAPIV3Schema`));
  for (const [index, column] of objectsOf(version.additionalPrinterColumns).entries())
    errors.push(...columnErrors(column, `${path}.additionalPrinterColumns[${index}]`));
  const scale = version.subresources?.scale;
  if (scale)
    for (const key of ['specReplicasPath', 'statusReplicasPath'] as const) {
      const value = stringOf(scale[key]);
      const root = key === 'specReplicasPath' ? '.spec' : '.status';
      if (value === '') errors.push(required(`${path}.subresources.scale.${key}`));
      else if (!value.startsWith(`${root}.`))
        errors.push(invalid(`${path}.subresources.scale.${key}`, value, `should be a json path under ${root}`));
    }
  return errors;
}

function columnErrors(column: JsonObject, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!column['name']) errors.push(required(`${path}.name`));
  if (!column['type']) errors.push(required(`${path}.type`));
  else if (!columnTypes.includes(stringOf(column['type'])))
    errors.push(notSupported(`${path}.type`, column['type'], columnTypes));
  const jsonPath = stringOf(column['jsonPath']);
  if (jsonPath === '') errors.push(required(`${path}.jsonPath`));
  else if (!jsonPath.startsWith('.'))
    errors.push(invalid(`${path}.jsonPath`, jsonPath, 'must be a simple json path starting with .'));
  if (column['priority'] !== undefined && Number(column['priority']) < 0)
    errors.push(invalid(`${path}.priority`, column['priority'], 'must be greater than or equal to 0'));
  return errors;
}
