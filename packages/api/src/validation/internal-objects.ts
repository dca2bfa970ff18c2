import { validateAutoscalingAnnotations } from '../autoscaler/validate.ts';
import type { PodAutoscaler } from '../autoscaling.ts';
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
import type { ValidationContext } from './context.ts';
import { checkQualifiedName } from './names.ts';
import { validateConcurrency } from './revision-spec.ts';
import { checkAllowed, setAmong } from './set-fields.ts';

const reachabilities: ReadonlySet<string> = new Set(['', 'Reachable', 'Unreachable']);
const protocols: ReadonlySet<string> = new Set(['http1', 'h2c']);

/** A PodAutoscaler after defaults (serving-api.md, section 10). */
export function validatePodAutoscaler({ metadata, spec }: PodAutoscaler, context: ValidationContext): FieldError[] {
  const annotations = validateAutoscalingAnnotations(metadata.annotations ?? {}, context.config.autoscaler);
  return [
    ...viaField('metadata', viaField('annotations', annotations)),
    ...viaField('spec', validateScaling(spec, context)),
  ];
}

function validateScaling(spec: PodAutoscaler['spec'], context: ValidationContext): FieldError[] {
  const { protocolType = '', reachability = '', scaleTargetRef, containerConcurrency } = spec;
  const named = setAmong(scaleTargetRef, ['apiVersion', 'kind', 'name']).length > 0;
  if (!named && setAmong(spec, ['protocolType', 'reachability', 'containerConcurrency']).length === 0) {
    return [missingField('')];
  }
  return [
    ...validateProtocol(protocolType),
    ...(reachabilities.has(reachability) ? [] : [invalidValue(reachability, 'reachability')]),
    ...validateConcurrency(containerConcurrency, context),
    ...viaField('scaleTargetRef', validateTarget(scaleTargetRef)),
  ];
}

function validateProtocol(protocol: string): FieldError[] {
  if (protocol === '') return [missingField('protocolType')];
  return protocols.has(protocol) ? [] : [invalidValue(protocol, 'protocolType')];
}

const targetFields = ['apiVersion', 'kind', 'name'] as const;

function validateTarget(target: PodAutoscaler['spec']['scaleTargetRef']): FieldError[] {
  const missing = targetFields.filter((field) => !target[field]);
  const malformed = targetFields.filter((field) => target[field] && checkQualifiedName(target[field]).length > 0);
  return [
    ...checkAllowed(target, new Set(targetFields)),
    ...(missing.length > 0 ? [missingField(...missing)] : []),
    ...malformed.map((field) => invalidValue(target[field] ?? '', field)),
  ];
}

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
  const required = ['serviceName', 'serviceNamespace', 'servicePort'];
  const given = setAmong(split, required);
  const missing = required.filter((field) => !given.includes(field));
  const isForeign = serviceNamespace !== '' && namespace !== '' && serviceNamespace !== namespace;
  return [
    ...(missing.length > 0 ? [missingField(...missing)] : []),
    ...(percent < 0 || percent > 100 ? [outOfBounds(percent, 0, 100, 'percent')] : []),
    ...(isForeign
      ? [invalidValue(serviceNamespace, 'serviceNamespace', `must be the namespace of the Ingress, "${namespace}"`)]
      : []),
  ];
}
