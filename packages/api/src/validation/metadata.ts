import { parseGoDuration } from '../go-duration.ts';
import { type FieldError, fieldError, invalidKeyName, invalidValue, missingField, viaField } from '../field-error.ts';
import { keys } from '../keys.ts';
import type { KubernetesObject, ObjectMeta } from '../meta.ts';
import { sameMeaning } from '../same-meaning.ts';
import { checkDns1035Label, checkDns1035Prefix } from './names.ts';

type Annotations = Readonly<Record<string, string>>;

const autoscalingPrefix = 'autoscaling.knative.dev';

/** Name and generateName of the four serving kinds and PodAutoscalers (serving-api.md, section 4); paths from `metadata`. */
export function validateObjectName({ name = '', generateName = '' }: ObjectMeta): FieldError[] {
  if (generateName !== '') {
    const wrong = checkDns1035Prefix(generateName);
    if (wrong.length > 0) return [fieldError(`not a DNS 1035 label prefix: [${wrong.join(' ')}]`, ['generateName'])];
    if (name === '') return [];
  }
  if (name === '') return [fieldError('name or generateName is required', ['name'])];
  const wrong = checkDns1035Label(name);
  return wrong.length > 0 ? [fieldError(`not a DNS 1035 label: [${wrong.join(' ')}]`, ['name'])] : [];
}

/** Autoscaling annotations belong on the template, not on what has one. */
export function refuseAutoscalingAnnotations(annotations: Annotations = {}): FieldError[] {
  return Object.keys(annotations)
    .filter((key) => key.startsWith(autoscalingPrefix))
    .map((key) =>
      invalidKeyName(key, 'annotations', `autoscaling annotations belong under "spec.template.metadata.annotations"`),
    );
}

/** How long a rollout takes: whole seconds, 0 or more. */
export function validateRolloutDuration(annotations: Annotations = {}): FieldError[] {
  const key = [keys.rolloutDuration, 'serving.knative.dev/rolloutDuration'].find(
    (spelling) => annotations[spelling] !== undefined,
  );
  const value = key === undefined ? '' : (annotations[key] ?? '');
  if (key === undefined || value === '') return [];
  return viaField('annotations', validateWholeSeconds(value, key, 'rollout-duration'));
}

/** A duration of whole seconds, 0 or more; `what` is its name in the texts. */
export function validateWholeSeconds(value: string, key: string, what: string): FieldError[] {
  const ms = parseGoDuration(value);
  if (ms === undefined) return [invalidValue(value, key)];
  if (ms % 1000 !== 0) return [fieldError(`${what}=${value} is not at second precision`, [key])];
  return ms < 0 ? [fieldError(`${what}=${value} must be positive`, [key])] : [];
}

/**
 * A label that tells of an owner needs that owner, lest a user forge membership. An object that has it already (`old`) may lose
 * the owner: so Kubernetes' garbage collector leaves orphans, and were it refused, the owner would never go.
 */
export function validateOwnerLabel(
  { labels, ownerReferences = [] }: ObjectMeta,
  { key, kind, old }: { readonly key: string; readonly kind: string; readonly old: ObjectMeta | undefined },
): FieldError[] {
  const name = labels?.[key];
  if (name === undefined || name === old?.labels?.[key]) return [];
  const owned = ownerReferences.some((owner) => owner.kind === kind && owner.name === name);
  return owned ? [] : [missingField(`labels.${key}`)];
}

/** Who made and who changed an object is the platform's to say (serving-api.md, section 4); paths from `metadata`. */
export function validateUsers<T extends KubernetesObject & { spec: unknown }>(
  object: T,
  old: T | undefined,
): FieldError[] {
  if (!old) return [];
  const specChanged = !sameMeaning(old.spec, object.spec);
  const findings = validateUserAnnotations(object.metadata.annotations, old.metadata.annotations, { specChanged });
  return viaField('annotations', findings);
}

function validateUserAnnotations(
  annotations: Annotations = {},
  old: Annotations = {},
  { specChanged }: { readonly specChanged: boolean },
): FieldError[] {
  const modifier = annotations[keys.lastModifier];
  const forged = !specChanged && modifier !== old[keys.lastModifier];
  return [
    ...(annotations[keys.creator] === old[keys.creator]
      ? []
      : [fieldError('annotation value is immutable', [keys.creator])]),
    ...(forged ? [invalidValue(modifier ?? '', keys.lastModifier)] : []),
  ];
}
