import type { ConfigurationRollout, RevisionShare, Rollout, StepParams } from './rollout.ts';

/**
 * Reads the rollout in an Ingress' annotation. One that is no JSON, lacks something or does not add up counts as none:
 * traffic then goes where it is wanted at once (serving-api.md, section 20).
 */
export function parseRollout(text: string | undefined): Rollout | undefined {
  const configurations = listOf(parseJson(text), 'configurations', parseConfiguration);
  return configurations && { configurations };
}

function parseConfiguration(value: unknown): ConfigurationRollout | undefined {
  const configurationName = field(value, 'configurationName');
  const percent = field(value, 'percent');
  const tag = field(value, 'tag') ?? '';
  const stepParams = field(value, 'stepParams');
  const revisions = listOf(value, 'revisions', parseShare);
  if (typeof configurationName !== 'string' || typeof tag !== 'string' || !isPercent(percent)) return undefined;
  if (revisions?.reduce((sum, share) => sum + share.percent, 0) !== percent) return undefined;
  const pace = stepParams === undefined ? undefined : parseParams(stepParams, percent);
  if (stepParams !== undefined && pace === undefined) return undefined;
  return { configurationName, ...(tag ? { tag } : {}), percent, revisions, ...(pace ? { stepParams: pace } : {}) };
}

function parseShare(value: unknown): RevisionShare | undefined {
  const revisionName = field(value, 'revisionName');
  const percent = field(value, 'percent');
  return typeof revisionName === 'string' && isPercent(percent) ? { revisionName, percent } : undefined;
}

function parseParams(value: unknown, percent: number): StepParams | undefined {
  const [starttime, nextStepTime, stepDuration, stepSize] = [
    'starttime',
    'nextStepTime',
    'stepDuration',
    'stepSize',
  ].map((key) => field(value, key));
  if (!isTime(starttime)) return undefined;
  const parts = [nextStepTime, stepDuration, stepSize];
  if (parts.every((part) => part === undefined || part === 0)) return { starttime };
  if (!isTime(nextStepTime) || !isTime(stepDuration) || !isPercent(stepSize)) return undefined;
  return stepSize > 0 && stepSize <= percent ? { starttime, nextStepTime, stepDuration, stepSize } : undefined;
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined; // no JSON: no rollout is known
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

/** The parsed items of a list; `undefined` if it is none, or one of them cannot be read. */
function listOf<T>(value: unknown, key: string, parse: (item: unknown) => T | undefined): readonly T[] | undefined {
  const list = field(value, key);
  if (!Array.isArray(list)) return undefined;
  const items = list.flatMap((item) => parse(item) ?? []);
  return items.length === list.length ? items : undefined;
}

function isPercent(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
