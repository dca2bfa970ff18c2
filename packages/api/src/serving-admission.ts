import type { Admission, AdmissionRequest, AdmissionResponse } from './admission.ts';
import { checkConfigMap } from './admission/config-map.ts';
import { tryTemplate } from './admission/dry-run.ts';
import { type KindRules, type WithSpec, visitKind } from './admission/kinds.ts';
import type { ServingConfig } from './config/serving-config.ts';
import type { ConfigMap } from './core.ts';
import type { Schema } from './crd.ts';
import { decode } from './decode/decode.ts';
import { configMapShape } from './decode/shapes.ts';
import { withUserAnnotations } from './defaults/user-annotations.ts';
import { type FieldError, renderFindings } from './field-error.ts';
import { sameMeaning } from './same-meaning.ts';
import { StatusError } from './status-error.ts';

/**
 * Knative's admission: defaults, validation and the user annotations of its kinds, and the check of its ConfigMaps
 * (serving-api.md, section 2). `config` is asked anew for each write. Other kinds pass unchanged, and so do writes of a status,
 * lest a stricter configuration keep controllers from telling what is so. Throws `StatusError` (`BadRequest`) to refuse.
 */
export function createAdmission(config: () => ServingConfig): Admission {
  return (request) => {
    const unchanged: AdmissionResponse = { object: request.object, warnings: [] };
    if (request.subresource !== '') return unchanged;
    if (request.group === '' && request.kind === 'ConfigMap') {
      admitConfigMap(request);
      return unchanged;
    }
    return visitKind(request.group, request.kind, (rules) => admit(request, rules, config())) ?? unchanged;
  };
}

const servingWebhook = 'validation.webhook.serving.knative.dev';
const configWebhook = 'config.webhook.serving.knative.dev';

function admit<T extends WithSpec>(
  request: AdmissionRequest,
  rules: KindRules<T>,
  config: ServingConfig,
): AdmissionResponse {
  const stored = request.oldObject && decodeOrRefuse<T>(rules.shape, request.oldObject);
  const object = setDefaults(decodeOrRefuse<T>(rules.shape, request.object), stored, { request, rules, config });
  const findings = rules.validate(object, { config }, stored);
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length > 0) refuse(servingWebhook, `validation failed: ${renderFindings(errors)}`);
  const tried = request.dryRun && rules.template && tryTemplate(object.metadata, rules.template(object));
  if (tried) refuse(servingWebhook, `validation callback failed: ${tried}`);
  return { object, warnings: renderEach(findings.filter(({ level }) => level === 'warning')) };
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

function admitConfigMap({ object }: AdmissionRequest): void {
  const configMap = decodeOrRefuse<ConfigMap>(configMapShape, object, configWebhook);
  try {
    checkConfigMap(configMap);
  } catch (cause) {
    refuse(configWebhook, `validation failed: ${messageOf(cause)}`, cause);
  }
}

function decodeOrRefuse<T>(shape: Schema, value: unknown, webhook: string = servingWebhook): T {
  try {
    return decode<T>(shape, value);
  } catch (cause) {
    return refuse(webhook, `decoding request failed: ${messageOf(cause)}`, cause);
  }
}

function refuse(webhook: string, text: string, cause?: unknown): never {
  throw new StatusError('BadRequest', `admission webhook "${webhook}" denied the request: ${text}`, { cause });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One warning a line: clients print each on its own. */
const renderEach = (findings: readonly FieldError[]): string[] =>
  findings.length === 0 ? [] : renderFindings(findings).split('\n');
