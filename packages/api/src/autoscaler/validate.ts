import { type FieldError, fieldError, invalidValue, outOfBounds } from '../field-error.ts';
import { formatGoDuration, parseGoDuration } from '../go-duration.ts';
import { parseGoFloat, parseGoInt32, parseGoInteger } from '../go-number.ts';
import { type Annotations, type ScalingName, findAnnotation, scalingKeys } from './annotations.ts';
import { hpaClass, knownClasses, kpaClass } from './class-names.ts';
import type { AutoscalerConfig } from './config.ts';
import { ownChecks } from './validate-own.ts';

type Check = (annotations: Annotations, config: AutoscalerConfig) => readonly FieldError[];

/**
 * Validates the autoscaling annotations of a revision template (serving-api.md, section 8). Every check runs. The paths of the
 * findings are annotation keys: the caller puts `metadata.annotations` before them.
 */
export function validateAutoscalingAnnotations(annotations: Annotations, config: AutoscalerConfig): FieldError[] {
  return [...checks.flatMap((check) => check(annotations, config)), ...ownChecks(annotations)];
}

const maxInt32 = 2 ** 31 - 1;
const hourMs = 3_600_000;

/** Checks one annotation if it is present. */
const annotation =
  (
    name: ScalingName,
    check: (value: string, key: string, config: AutoscalerConfig, all: Annotations) => FieldError | undefined,
  ): Check =>
  (annotations, config) => {
    const found = findAnnotation(annotations, scalingKeys[name]);
    const finding = found && check(found.value, found.key, config, annotations);
    return finding ? [finding] : [];
  };

/** Bounds are compared so that NaN passes, as it does in the original. */
const floatWithin = (name: ScalingName, low: number, high: number): Check =>
  annotation(name, (text, key) => {
    const value = parseGoFloat(text);
    if (value === undefined) return invalidValue(text, key);
    return value < low || value > high ? outOfBounds(text, low, high, key) : undefined;
  });

const durationWithin = (name: ScalingName, lowMs: number, { wholeSeconds = true } = {}): Check =>
  annotation(name, (text, key) => {
    const value = parseGoDuration(text);
    if (value === undefined) return invalidValue(text, key);
    if (value < lowMs || value > hourMs) {
      return outOfBounds(text, formatGoDuration(lowMs), formatGoDuration(hourMs), key);
    }
    const fine = wholeSeconds && value % 1000 !== 0;
    return fine ? fieldError('must be specified with at most second precision', [key]) : undefined;
  });

const scale = (name: 'minScale' | 'maxScale'): Check =>
  annotation(name, (text, key) => {
    const value = parseGoInteger(text);
    if (value === undefined) return invalidValue(text, key);
    return value < 0 || value > maxInt32 ? outOfBounds(text, 0, maxInt32, key) : undefined;
  });

/** The annotated bound, 0 if there is none or it is not a bound. */
function boundOf(annotations: Annotations, name: 'minScale' | 'maxScale'): number {
  const value = parseGoInt32(findAnnotation(annotations, scalingKeys[name])?.value ?? '');
  return value !== undefined && value > 0 ? value : 0;
}

const minAgainstMax: Check = (annotations) => {
  const min = boundOf(annotations, 'minScale');
  const max = boundOf(annotations, 'maxScale');
  if (max === 0 || max >= min) return [];
  const paths = [scalingKeys.maxScale[0], scalingKeys.minScale[0]];
  return [fieldError(`max-scale=${max} is less than min-scale=${min}`, paths)];
};

const maxAgainstLimit = annotation('maxScale', (text, key, { maxScaleLimit: limit }) => {
  if (limit === 0) return undefined;
  const max = parseGoInt32(text);
  if (max === undefined) return invalidValue(text, key);
  if (max > limit) return outOfBounds(text, 1, limit, key);
  return max === 0 ? fieldError(`max-scale=0 (unlimited), must be less than ${limit}`, [key]) : undefined;
});

const activationScale = annotation('activationScale', (text, key, _config, annotations) => {
  const value = parseGoInt32(text);
  if (value === undefined) return invalidValue(text, key);
  const min = boundOf(annotations, 'minScale');
  const max = boundOf(annotations, 'maxScale');
  if (value < min) return fieldError(`min-scale=${min} is greater than activation-scale=${value}`, [key]);
  if (max > 0 && value > max) return fieldError(`max-scale=${max} is less than activation-scale=${value}`, [key]);
  return value < 2 ? fieldError(`activation-scale=${value} must be greater than 1`, [key]) : undefined;
});

/** Checked as 64 bits. Clients know the texts with the reason in the path. */
const initialScale = annotation('initialScale', (text, key, { allowZeroInitialScale }) => {
  const value = parseGoInteger(text);
  if (value === undefined || BigInt.asIntN(64, value) !== value) return invalidValue(text, key);
  if (value < 0n) return invalidValue(text, `${key} must be greater than 0`);
  return value === 0n && !allowZeroInitialScale ? invalidValue(text, `${key}=0 not allowed by cluster`) : undefined;
});

const target = annotation('target', (text, key) => {
  const value = parseGoFloat(text);
  if (value === undefined) return invalidValue(text, key);
  return value < 0.01 ? fieldError(`target ${text} should be at least 0.01`, [key]) : undefined;
});

const targetBurstCapacity = annotation('targetBurstCapacity', (text, key) => {
  const value = parseGoFloat(text);
  return value === undefined || (value < 0 && value !== -1) ? invalidValue(text, key) : undefined;
});

const scalingClass = annotation('class', (text, key) =>
  text.endsWith('.knative.dev') && !knownClasses.has(text) ? invalidValue(text, key) : undefined,
);

const metric = annotation('metric', (text, key, { podAutoscalerClass }, annotations) => {
  const classOfRevision = findAnnotation(annotations, scalingKeys.class)?.value ?? podAutoscalerClass;
  if (classOfRevision === kpaClass && text !== 'concurrency' && text !== 'rps') return invalidValue(text, key);
  return classOfRevision === hpaClass && text === '' ? invalidValue(text, key) : undefined;
});

const algorithms: ReadonlySet<string> = new Set(['', 'linear', 'weighted-exponential', 'weightedExponential']);

const aggregation = annotation('aggregation', (text, key, _config, annotations) => {
  const checked = findAnnotation(annotations, scalingKeys.class)?.value === kpaClass;
  return checked && !algorithms.has(text) ? invalidValue(text, key) : undefined;
});

const checks: readonly Check[] = [
  scalingClass,
  scale('minScale'),
  scale('maxScale'),
  minAgainstMax,
  maxAgainstLimit,
  activationScale,
  initialScale,
  metric,
  target,
  floatWithin('targetUtilization', 1, 100),
  targetBurstCapacity,
  floatWithin('panicWindow', 1, 100),
  floatWithin('panicThreshold', 110, 1000),
  durationWithin('window', 6000),
  durationWithin('scaleDownDelay', 0),
  durationWithin('retention', 0, { wholeSeconds: false }),
  aggregation,
];
