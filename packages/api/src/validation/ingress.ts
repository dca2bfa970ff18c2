import {
  type FieldError,
  fieldError,
  invalidValue,
  missingField,
  outOfBounds,
  viaField,
  viaFieldIndex,
} from '../field-error.ts';
import type { Ingress, IngressPath, IngressRule, IngressSplit } from '../networking.ts';
import { missingAmong } from './set-fields.ts';

/** An Ingress after defaults (data-path.md, section 3.1). */
export function validateIngress({ metadata, spec }: Ingress): FieldError[] {
  const rules = spec.rules ?? [];
  const namespace = metadata.namespace ?? '';
  return viaField('spec', [
    ...(rules.length === 0 ? [missingField('rules')] : []),
    ...rules.flatMap((rule, index) => viaFieldIndex('rules', index, validateRule(rule, namespace))),
  ]);
}

function validateRule({ http, visibility = 'ExternalIP' }: IngressRule, namespace: string): FieldError[] {
  const paths = http?.paths ?? [];
  return [
    ...(['ExternalIP', 'ClusterLocal'].includes(visibility) ? [] : [invalidValue(visibility, 'visibility')]),
    ...(http ? [] : [missingField('http')]),
    ...viaField('http', [
      ...(http && paths.length === 0 ? [missingField('paths')] : []),
      ...paths.flatMap((path, index) => viaFieldIndex('paths', index, validatePath(path, namespace))),
    ]),
  ];
}

function validatePath({ splits }: IngressPath, namespace: string): FieldError[] {
  if (splits.length === 0) return [missingField('splits')];
  const sum = splits.reduce((total, { percent = 0 }) => total + percent, 0);
  return [
    ...splits.flatMap((split, index) => viaFieldIndex('splits', index, validateSplit(split, namespace))),
    ...(sum === 100 ? [] : [fieldError(`Traffic split percentage must total to 100, but was ${sum}`, ['splits'])]),
  ];
}

function validateSplit(split: IngressSplit, namespace: string): FieldError[] {
  const { percent = 0, serviceNamespace } = split;
  const missing = missingAmong(split, ['serviceName', 'serviceNamespace', 'servicePort']);
  const isForeign = serviceNamespace !== '' && namespace !== '' && serviceNamespace !== namespace;
  return [
    ...(missing.length > 0 ? [missingField(...missing)] : []),
    ...(percent < 0 || percent > 100 ? [outOfBounds(percent, 0, 100, 'percent')] : []),
    ...(isForeign
      ? [invalidValue(serviceNamespace, 'serviceNamespace', `must be the namespace of the Ingress, "${namespace}"`)]
      : []),
  ];
}
