import {
  type FieldError,
  disallowedFields,
  fieldError,
  invalidArrayValue,
  invalidKeyName,
  missingOneOf,
  multipleOneOf,
  outOfBounds,
  viaIndex,
} from '../field-error.ts';
import type { TrafficTarget } from '../serving.ts';
import { checkDns1035Label, checkQualifiedName } from './names.ts';

/** The traffic of a Service or a Route after defaults (serving-api.md, section 9); paths from `spec.traffic`. */
export function validateTraffic(traffic: readonly TrafficTarget[], kind: 'Service' | 'Route'): FieldError[] {
  const sum = traffic.reduce((total, { percent = 0 }) => total + percent, 0);
  return [
    ...traffic.flatMap((target, index) => viaIndex(index, validateTarget(target, kind))),
    ...validateTags(traffic),
    ...(sum === 100 ? [] : [fieldError(`Traffic targets sum to ${sum}, want 100`, [''])]),
  ];
}

function validateTarget(target: TrafficTarget, kind: 'Service' | 'Route'): FieldError[] {
  const { percent = 0, url = '' } = target;
  return [
    ...(kind === 'Service' ? validateServiceTarget(target) : validateRouteTarget(target)),
    ...validateLatest(target),
    ...(percent < 0 || percent > 100 ? [outOfBounds(percent, 0, 100, 'percent')] : []),
    ...(url === '' ? [] : [disallowedFields('url')]),
  ];
}

/** A name is looked at only where it may stand and stands alone. */
function validateServiceTarget({ revisionName = '', configurationName = '' }: TrafficTarget): FieldError[] {
  return configurationName === ''
    ? validateName('revisionName', revisionName)
    : [disallowedFields('configurationName')];
}

function validateRouteTarget({ revisionName = '', configurationName = '' }: TrafficTarget): FieldError[] {
  if (revisionName !== '' && configurationName !== '') return [multipleOneOf('revisionName', 'configurationName')];
  if (revisionName === '' && configurationName === '') return [missingOneOf('revisionName', 'configurationName')];
  return [...validateName('revisionName', revisionName), ...validateName('configurationName', configurationName)];
}

function validateName(field: string, name: string): FieldError[] {
  const wrong = name === '' ? [] : checkQualifiedName(name);
  return wrong.length > 0 ? [invalidKeyName(name, field, wrong.join(', '))] : [];
}

function validateLatest({ revisionName = '', latestRevision }: TrafficTarget): FieldError[] {
  if (latestRevision === undefined || latestRevision === (revisionName === '')) return [];
  return [
    fieldError(`may not set revisionName "${revisionName}" when latestRevision is ${latestRevision}`, [
      'latestRevision',
    ]),
  ];
}

function validateTags(traffic: readonly TrafficTarget[]): FieldError[] {
  const firstUse = new Map<string, number>();
  return traffic.flatMap(({ tag = '' }, index) => {
    if (tag === '') return [];
    const wrong = checkDns1035Label(tag);
    const bad = wrong.length > 0 ? [invalidArrayValue(`not a DNS 1035 label: [${wrong.join(' ')}]`, 'tag', index)] : [];
    const first = firstUse.get(tag);
    if (first === undefined) firstUse.set(tag, index);
    const paths = [`[${first}].tag`, `[${index}].tag`];
    return first === undefined ? bad : [...bad, fieldError(`Multiple definitions for "${tag}"`, paths)];
  });
}
