import type { EnvFromSource, EnvVar } from '../core.ts';
import {
  type FieldError,
  fieldError,
  missingField,
  missingOneOf,
  multipleOneOf,
  viaField,
  viaFieldIndex,
} from '../field-error.ts';
import type { ValidationContext } from './context.ts';
import { checkAllowed, setAmong } from './set-fields.ts';

export interface EnvContext extends ValidationContext {
  /** `PORT` is reserved only there. */
  readonly isServing: boolean;
}

const reservedEverywhere: ReadonlySet<string> = new Set(['K_SERVICE', 'K_CONFIGURATION', 'K_REVISION']);
const fields: ReadonlySet<string> = new Set(['name', 'value', 'valueFrom']);
const sources = ['configMapKeyRef', 'secretKeyRef'];
const sourcesBehindFlag = ['fieldRef', 'resourceFieldRef'];

/** Environment variables (serving-api.md, section 7.4); paths from the container. */
export function validateEnv(env: readonly EnvVar[], { config, isServing }: EnvContext): FieldError[] {
  const flag = config.features['kubernetes.podspec-fieldref'];
  const allowedSources = new Set(flag === 'Disabled' ? sources : [...sources, ...sourcesBehindFlag]);
  return env.flatMap((variable, index) =>
    viaFieldIndex('env', index, [
      ...validateName(variable.name, isServing),
      ...checkAllowed(variable, fields),
      ...viaField('valueFrom', checkAllowed(variable.valueFrom ?? {}, allowedSources)),
    ]),
  );
}

function validateName(name: string, isServing: boolean): FieldError[] {
  if (name === '') return [missingField('name')];
  const reserved = reservedEverywhere.has(name) || (isServing && name === 'PORT');
  return reserved ? [fieldError(`"${name}" is a reserved environment variable`, ['name'])] : [];
}

const fromFields: ReadonlySet<string> = new Set(['prefix', 'configMapRef', 'secretRef']);
const refs = ['configMapRef', 'secretRef'];

/** Sources of variables; the paths have no index. */
export function validateEnvFrom(envFrom: readonly EnvFromSource[]): FieldError[] {
  return viaField(
    'envFrom',
    envFrom.flatMap((source) => [...checkAllowed(source, fromFields), ...exactlyOne(setAmong(source, refs))]),
  );
}

function exactlyOne(given: readonly string[]): FieldError[] {
  if (given.length === 1) return [];
  return given.length === 0 ? [missingOneOf(...refs)] : [multipleOneOf(...given)];
}
