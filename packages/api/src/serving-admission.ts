import type { Admission, AdmissionRequest, Validated } from './admission.ts';
import { checkConfigMap } from './admission/config-map.ts';
import { asksForDryRun, makeDryRunPod } from './admission/dry-run.ts';
import { type KindRules, type WithSpec, visitKind } from './admission/kinds.ts';
import { AdmissionRefusal } from './admission/refusal.ts';
import type { ServingConfig } from './config/serving-config.ts';
import type { ConfigMap } from './core.ts';
import type { Schema } from './crd.ts';
import { decode } from './decode/decode.ts';
import { configMapShape } from './decode/shapes.ts';
import { withUserAnnotations } from './defaults/user-annotations.ts';
import { type FieldError, renderFindings } from './field-error.ts';
import { sameMeaning } from './same-meaning.ts';

/**
 * Knative's admission: defaults, validation and the user annotations of its kinds, and the check of its ConfigMaps
 * (serving-api.md, section 2). `config` is asked anew for each write. Other kinds pass unchanged.
 */
export function createAdmission(config: () => ServingConfig): Admission {
  return {
    mutate: (request) => {
      if (request.subresource !== '') return request.object;
      return visitKind(request.group, request.kind, (rules) => mutate(request, rules, config())) ?? request.object;
    },
    validate: (request) => {
      if (request.group === '' && request.kind === 'ConfigMap') return validateConfigMap(request);
      return visitKind(request.group, request.kind, (rules) => validate(request, rules, config())) ?? nothing;
    },
  };
}

const nothing: Validated = { warnings: [] };

/** A field of the wrong type is the first thing that mutation meets. */
function mutate<T extends WithSpec>(request: AdmissionRequest, rules: KindRules<T>, config: ServingConfig): T {
  try {
    const stored = request.oldObject && decode<T>(rules.shape, request.oldObject);
    return setDefaults(decode<T>(rules.shape, request.object), stored, { request, rules, config });
  } catch (cause) {
    throw new AdmissionRefusal('mutating', `mutation failed: ${messageOf(cause)}`, { cause });
  }
}

function validate<T extends WithSpec>(
  request: AdmissionRequest,
  rules: KindRules<T>,
  config: ServingConfig,
): Validated {
  const isStatus = request.subresource !== '';
  if (isStatus && rules.passesStatus) return nothing;
  const stored = request.oldObject && decodeOrRefuse<T>(rules.shape, request.oldObject, 'validating');
  const object = decodeOrRefuse<T>(rules.shape, request.object, 'validating');
  const findings = rules.validate(object, { config }, stored);
  const wrong = errorsAmong(findings);
  const errors = isStatus && stored ? newAmong(wrong, () => rules.validate(stored, { config }, stored)) : wrong;
  if (errors.length > 0) throw new AdmissionRefusal('validating', `validation failed: ${renderFindings(errors)}`);
  if (isStatus) return nothing;
  const isTried = request.dryRun || asksForDryRun(object);
  const dryRunPod = isTried && rules.template ? makeDryRunPod(object.metadata, rules.template(object)) : undefined;
  return {
    warnings: renderEach(findings.filter(({ level }) => level === 'warning')),
    ...(dryRunPod === undefined ? {} : { dryRunPod }),
  };
}

const errorsAmong = (findings: readonly FieldError[]): FieldError[] =>
  findings.filter(({ level }) => level === 'error');

/**
 * The errors that the stored object does not have already. A write of the status leaves the rest as it is: were it refused for that,
 * a stricter configuration would keep controllers from telling what is so, and the autoscaler from scaling.
 */
function newAmong(errors: readonly FieldError[], findStored: () => readonly FieldError[]): readonly FieldError[] {
  if (errors.length === 0) return errors;
  const known = new Set(findStored().map((finding) => renderFindings([finding])));
  return errors.filter((finding) => !known.has(renderFindings([finding])));
}

interface DefaultsInput<T extends WithSpec> {
  readonly request: AdmissionRequest;
  readonly rules: KindRules<T>;
  readonly config: ServingConfig;
}

function setDefaults<T extends WithSpec>(
  object: T,
  stored: T | undefined,
  { request, rules, config }: DefaultsInput<T>,
): T {
  const isCreate = request.operation === 'CREATE';
  const defaulted = rules.setDefaults(object, { config, isCreate }, stored);
  const isOwned = (object.metadata.ownerReferences ?? []).length > 0;
  if (rules.tellsUser === 'never' || (rules.tellsUser === 'ownerless' && isOwned)) return defaulted;
  // A default that is new since the object was stored is no edit of the user's.
  const before = stored && rules.setDefaults(stored, { config, isCreate }, stored);
  const specChanged = !sameMeaning(before?.spec, defaulted.spec);
  return withUserAnnotations(defaulted, { userName: request.userName, isCreate, specChanged });
}

function validateConfigMap({ object }: AdmissionRequest): Validated {
  const configMap = decodeOrRefuse<ConfigMap>(configMapShape, object, 'configMaps');
  try {
    checkConfigMap(configMap);
  } catch (cause) {
    throw new AdmissionRefusal('configMaps', `validation failed: ${messageOf(cause)}`, { cause });
  }
  return nothing;
}

function decodeOrRefuse<T>(shape: Schema, value: unknown, webhook: 'validating' | 'configMaps'): T {
  try {
    return decode<T>(shape, value);
  } catch (cause) {
    throw new AdmissionRefusal(webhook, `decoding request failed: ${messageOf(cause)}`, { cause });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One warning a line: clients print each on its own. */
const renderEach = (findings: readonly FieldError[]): string[] =>
  findings.length === 0 ? [] : renderFindings(findings).split('\n');
