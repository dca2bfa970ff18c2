import { type FieldError, outOfBounds } from '../field-error.ts';
import type { RevisionSpec } from '../serving.ts';
import type { ValidationContext } from './context.ts';
import { validatePodSpec } from './pod-spec.ts';
import { warnOfInsecureDefaults } from './security-context.ts';

/** A RevisionSpec (serving-api.md, section 7); paths from the spec. */
export function validateRevisionSpec(spec: RevisionSpec, context: ValidationContext): FieldError[] {
  return [
    ...validatePodSpec(spec, context),
    ...warnOfInsecureDefaults(spec, context),
    ...validateConcurrency(spec.containerConcurrency, context),
    ...validateTimeout(spec, context),
  ];
}

/** How many requests an instance may get at once. */
export function validateConcurrency(concurrency: number | undefined, { config }: ValidationContext): FieldError[] {
  if (concurrency === undefined) return [];
  const { allowContainerConcurrencyZero, containerConcurrencyMaxLimit: high } = config.defaults;
  const low = allowContainerConcurrencyZero ? 0 : 1;
  return concurrency < low || concurrency > high ? [outOfBounds(concurrency, low, high, 'containerConcurrency')] : [];
}

function validateTimeout({ timeoutSeconds = 0 }: RevisionSpec, { config }: ValidationContext): FieldError[] {
  const high = config.defaults.maxRevisionTimeoutSeconds;
  const fits = timeoutSeconds >= 0 && timeoutSeconds <= high;
  return fits ? [] : [outOfBounds(timeoutSeconds, 0, high, 'timeoutSeconds')];
}
