import { validateAutoscalingAnnotations } from '../autoscaler/validate.ts';
import { type FieldError, fieldError, viaField } from '../field-error.ts';
import { keys } from '../keys.ts';
import type { ObjectMeta } from '../meta.ts';
import { describeDifference, sameMeaning } from '../same-meaning.ts';
import type { Configuration, Revision, Route, Service } from '../serving.ts';
import type { ValidationContext } from './context.ts';
import {
  refuseAutoscalingAnnotations,
  validateObjectName,
  validateOwnerLabel,
  validateRolloutDuration,
  validateUsers,
} from './metadata.ts';
import { validateRevisionSpec } from './revision-spec.ts';
import { validateTemplate } from './template.ts';
import { validateTraffic } from './traffic.ts';

/** A Service after defaults (serving-api.md, sections 4, 7, 8, 9, 11). `old`: the stored one it replaces. */
export function validateService(service: Service, context: ValidationContext, old?: Service): FieldError[] {
  const { metadata, spec } = service;
  return [
    ...viaField('metadata', [
      ...validateParentMetadata(metadata),
      ...validateRolloutDuration(metadata.annotations),
      ...validateUsers(service, old),
    ]),
    ...viaField('spec', [
      ...validateTemplate(spec.template, { ...context, parent: metadata, old: old?.spec.template }),
      ...viaField('traffic', validateTraffic(spec.traffic ?? [], 'Service')),
    ]),
  ];
}

/** A Configuration after defaults. `old`: the stored one it replaces. */
export function validateConfiguration(
  configuration: Configuration,
  context: ValidationContext,
  old?: Configuration,
): FieldError[] {
  const { metadata, spec } = configuration;
  return [
    ...viaField('metadata', [
      ...validateParentMetadata(metadata),
      ...validateOwnerLabel(metadata, { key: keys.service, kind: 'Service', old: old?.metadata }),
      ...(isOwned(metadata) ? [] : validateUsers(configuration, old)),
    ]),
    ...viaField('spec', validateTemplate(spec.template, { ...context, parent: metadata, old: old?.spec.template })),
  ];
}

/** A Revision after defaults: its spec is looked at when it is made, and may not change after. */
export function validateRevision(revision: Revision, context: ValidationContext, old?: Revision): FieldError[] {
  const { metadata, spec } = revision;
  return [
    ...viaField('metadata', [
      ...validateObjectName(metadata),
      ...validateOwnerLabel(metadata, { key: keys.configuration, kind: 'Configuration', old: old?.metadata }),
      ...viaField('annotations', validateAutoscalingAnnotations(metadata.annotations ?? {}, context.config.autoscaler)),
    ]),
    ...(old ? validateUnchanged(spec, old.spec) : viaField('spec', validateRevisionSpec(spec, context))),
  ];
}

/** A Route after defaults. `old`: the stored one it replaces. */
export function validateRoute(route: Route, old?: Route): FieldError[] {
  const { metadata, spec } = route;
  return [
    ...viaField('metadata', [
      ...validateParentMetadata(metadata),
      ...validateRolloutDuration(metadata.annotations),
      ...validateOwnerLabel(metadata, { key: keys.service, kind: 'Service', old: old?.metadata }),
      ...(isOwned(metadata) ? [] : validateUsers(route, old)),
    ]),
    ...viaField('spec', viaField('traffic', validateTraffic(spec.traffic ?? [], 'Route'))),
  ];
}

const isOwned = ({ ownerReferences = [] }: ObjectMeta): boolean => ownerReferences.length > 0;

function validateParentMetadata(metadata: ObjectMeta): FieldError[] {
  return [...validateObjectName(metadata), ...refuseAutoscalingAnnotations(metadata.annotations)];
}

function validateUnchanged(spec: unknown, old: unknown): FieldError[] {
  if (sameMeaning(old, spec)) return [];
  const details = describeDifference(old, spec);
  return [fieldError('Immutable fields changed (-old +new)', ['spec'], { details })];
}
