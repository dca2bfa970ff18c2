import { validateAutoscalingAnnotations } from '../autoscaler/validate.ts';
import {
  type FieldError,
  fieldError,
  invalidKeyName,
  invalidValue,
  outOfBounds,
  viaField,
  viaKey,
} from '../field-error.ts';
import { parseGoDuration } from '../go-duration.ts';
import { parseGoFloat } from '../go-number.ts';
import { keys } from '../keys.ts';
import type { ObjectMeta } from '../meta.ts';
import { isQuantity } from '../quantity.ts';
import type { ValidationContext } from './context.ts';
import { validateWholeSeconds } from './metadata.ts';

const networkingPrefix = 'networking.knative.dev/';
const networkingNames: ReadonlySet<string> = new Set([
  'ingress.class',
  'ingress-class',
  'certificate.class',
  'certificate-class',
  'disableAutoTLS',
  'disable-auto-tls',
  'disable-external-domain-tls',
  'httpOption',
  'http-protocol',
]);

const sidecarPrefix = 'queue.sidecar.serving.knative.dev/';
const sidecarQuantity = /^(?:cpu|memory|ephemeral-storage)-resource-(?:request|limit)$/;
const percentageNames: ReadonlySet<string> = new Set(['resource-percentage', 'resourcePercentage']);

/** The annotations of a template (serving-api.md, section 8); paths from `metadata`. */
export function validateTemplateAnnotations(
  { annotations = {} }: ObjectMeta,
  { config }: ValidationContext,
): FieldError[] {
  const deadline = annotations[keys.progressDeadline] ?? '';
  return [
    ...viaField('annotations', validateAutoscalingAnnotations(annotations, config.autoscaler)),
    ...Object.keys(annotations).flatMap(validateNetworkingKey),
    ...viaField('annotations', Object.entries(annotations).flatMap(validateSidecar)),
    ...(deadline === ''
      ? []
      : viaField('annotations', validateWholeSeconds(deadline, keys.progressDeadline, 'progress-deadline'))),
    ...viaField('annotations', validateQueueTimeout(annotations[keys.queueTimeout])),
  ];
}

function validateQueueTimeout(text: string | undefined): FieldError[] {
  if (text === undefined || (parseGoDuration(text) ?? 0) > 0) return [];
  return viaKey(keys.queueTimeout, [invalidValue(text, '')]);
}

function validateNetworkingKey(key: string): FieldError[] {
  const isUnknown = key.startsWith(networkingPrefix) && !networkingNames.has(key.slice(networkingPrefix.length));
  return isUnknown ? [invalidKeyName(key, 'annotations')] : [];
}

/** Settings of Knative's sidecar. Ebb has none, but tells of mistakes all the same. */
function validateSidecar([key, value]: readonly [string, string]): FieldError[] {
  if (!key.startsWith(sidecarPrefix)) return [];
  const name = key.slice(sidecarPrefix.length);
  if (percentageNames.has(name)) return viaKey(key, validatePercentage(value));
  return sidecarQuantity.test(name) && !isQuantity(value) ? viaKey(key, [invalidValue(value, '')]) : [];
}

function validatePercentage(text: string): FieldError[] {
  const value = parseGoFloat(text);
  if (value === undefined) return [invalidValue(text, '')];
  const deprecated = fieldError('deprecated: set requests and limits of the sidecar instead', [''], {
    level: 'warning',
  });
  return [deprecated, ...(value < 0.1 || value > 100 ? [outOfBounds(text, 0.1, 100, '')] : [])];
}
