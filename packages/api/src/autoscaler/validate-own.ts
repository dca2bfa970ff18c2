import { type FieldError, fieldError, invalidValue, outOfBounds } from '../field-error.ts';
import { formatGoDuration, parseGoDuration } from '../go-duration.ts';
import { parseGoBool, parseGoFloat, parseGoInt32 } from '../go-number.ts';
import type { Annotations } from './annotations.ts';
import { ownScalingKeys, parseMetricTargets } from './own-annotations.ts';
import { parseSchedule } from './schedule.ts';
import { isTimeZone } from './time-zone.ts';

type Check = (text: string, key: string, all: Annotations) => FieldError | undefined;

const bool: Check = (text, key) => (parseGoBool(text) === undefined ? invalidValue(text, key) : undefined);

/** A factor; at 1 or below nothing could ever change. */
const rate: Check = (text, key) => {
  const value = parseGoFloat(text);
  if (value === undefined) return invalidValue(text, key);
  return value > 1 ? undefined : fieldError(`expected ${text} > 1`, [key]);
};

const intFrom =
  (low: number): Check =>
  (text, key) => {
    const value = parseGoInt32(text);
    if (value === undefined) return invalidValue(text, key);
    return value < low ? outOfBounds(text, low, 2 ** 31 - 1, key) : undefined;
  };

const oneOf =
  (...words: readonly string[]): Check =>
  (text, key) =>
    words.includes(text) ? undefined : invalidValue(text, key, `must be one of ${words.join(', ')}`);

const quantile: Check = (text, key) => {
  const value = parseGoFloat(text);
  if (value === undefined) return invalidValue(text, key);
  return value >= 1 && value <= 100 ? undefined : outOfBounds(text, 1, 100, key);
};

const mostLeadTimeMs = 86_400_000;

const leadTime: Check = (text, key) => {
  const value = parseGoDuration(text);
  if (value === undefined) return invalidValue(text, key);
  if (value >= 0 && value <= mostLeadTimeMs) return undefined;
  return outOfBounds(text, formatGoDuration(0), formatGoDuration(mostLeadTimeMs), key);
};

const timeZone: Check = (text, key) =>
  isTimeZone(text) ? undefined : invalidValue(text, key, 'must be an IANA time zone such as Asia/Shanghai');

const schedule: Check = (text, key, all) => {
  const zone = all[ownScalingKeys.scheduleTimeZone] ?? 'UTC';
  try {
    // A zone that does not exist is a finding of its own.
    parseSchedule(text, isTimeZone(zone) ? zone : 'UTC');
    return undefined;
  } catch (error) {
    return fieldError(error instanceof Error ? error.message : String(error), [key]);
  }
};

const checks: Readonly<Partial<Record<keyof typeof ownScalingKeys, Check>>> = {
  panicWhileRising: bool,
  countStartingPods: bool,
  maxScaleUpRate: rate,
  maxScaleDownRate: rate,
  schedule,
  scheduleTimeZone: timeZone,
  predictive: oneOf('observer', 'auto'),
  metricTarget: (text, key, all) =>
    parseMetricTargets(all) ? undefined : invalidValue(text, key, 'must be such as cpu:50,memory:200'),
  scaleStrategy: oneOf('observer', 'auto'),
  predictiveQuantile: quantile,
  predictiveLeadTime: leadTime,
  onDemandReplicas: intFrom(0),
  canScaleDown: bool,
  reserveInstance: oneOf('enable', 'disable'),
  reserveInstanceType: oneOf('eci', 'ecs', 'acs'),
  reserveInstanceReplicas: intFrom(1),
};

/** Validates Ebb's and Alibaba's annotations on scaling. The paths of the findings are annotation keys. */
export function ownChecks(annotations: Annotations): FieldError[] {
  return Object.entries(ownScalingKeys).flatMap(([name, key]) => {
    const check = checks[name as keyof typeof ownScalingKeys];
    const text = annotations[key];
    return (check && text !== undefined && check(text, key, annotations)) || [];
  });
}
