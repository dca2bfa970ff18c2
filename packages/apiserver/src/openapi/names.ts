import type { ResourceInfo } from '../resource-info.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Classes of `meta/v1`, which all groups share. */
const metaClasses = new Set([
  'V1ObjectMeta',
  'V1OwnerReference',
  'V1ManagedFieldsEntry',
  'V1LabelSelector',
  'V1LabelSelectorRequirement',
  'V1ListMeta',
  'V1Condition',
  'V1FieldSelectorRequirement',
]);

/** The name of the one definition that no class stands for. */
export const quantityDefinition: string = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

/** What stands before the kind in the names of a group version: `io.k8s.api.core.v1`, `dev.knative.serving.v1`. */
export function packageOf({ group, version, builtin }: Pick<ResourceInfo, 'group' | 'version' | 'builtin'>): string {
  if (!builtin) return `${group.split('.').toReversed().join('.')}.${version}`;
  if (group === 'apiextensions.k8s.io') return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}`;
  return `io.k8s.api.${group === '' ? 'core' : (group.split('.')[0] ?? group)}.${version}`;
}

/** The name of a class of the generated models where it is used in `packageName`. */
export function definitionOfClass(className: string, packageName: string): string {
  const [, name = className] = /^(?:[A-Z][a-z]+)?V[12](.+)$/.exec(className) ?? [];
  return metaClasses.has(className) ? `${meta}.${name}` : `${packageName}.${name}`;
}
