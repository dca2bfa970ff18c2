import { validateAutoscalingAnnotations } from '../autoscaler/validate.ts';
import type { PodAutoscaler } from '../autoscaling.ts';
import { type FieldError, invalidValue, missingField, viaField } from '../field-error.ts';
import type { ValidationContext } from './context.ts';
import { validateObjectName } from './metadata.ts';
import { checkDns1123Label, checkIdentifier, checkQualifiedName } from './names.ts';
import { validateConcurrency } from './revision-spec.ts';
import { checkAllowed, setAmong } from './set-fields.ts';

const reachabilities: ReadonlySet<string> = new Set(['', 'Reachable', 'Unreachable']);
const protocols: ReadonlySet<string> = new Set(['http1', 'h2c']);

/** A PodAutoscaler after defaults (serving-api.md, section 10). */
export function validatePodAutoscaler({ metadata, spec }: PodAutoscaler, context: ValidationContext): FieldError[] {
  const annotations = validateAutoscalingAnnotations(metadata.annotations ?? {}, context.config.autoscaler);
  return [
    ...viaField('metadata', [...validateObjectName(metadata), ...viaField('annotations', annotations)]),
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

const targetRules = { apiVersion: checkQualifiedName, kind: checkIdentifier, name: checkDns1123Label };

function validateTarget(target: PodAutoscaler['spec']['scaleTargetRef']): FieldError[] {
  return [
    ...checkAllowed(target, new Set(Object.keys(targetRules))),
    ...(['apiVersion', 'kind', 'name'] as const).flatMap((field) => {
      const value = target[field] ?? '';
      if (value === '') return [missingField(field)];
      const wrong = targetRules[field](value);
      return wrong.length > 0 ? [invalidValue(wrong.join(', '), field)] : [];
    }),
  ];
}
