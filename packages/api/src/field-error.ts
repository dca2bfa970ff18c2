/** What is wrong, or doubtful, about fields of an object. Errors refuse a write, warnings only speak. */
export interface FieldError {
  readonly message: string;
  /** Paths from the object's root once all `via…` have been applied; `''` is the node itself, no path at all is legal. */
  readonly paths: readonly string[];
  readonly details?: string;
  readonly level: 'error' | 'warning';
}

type Value = string | number | boolean;

/** Optional parts of a finding. */
export interface FieldErrorOptions {
  readonly details?: string;
  /** Default `error`. */
  readonly level?: FieldError['level'];
}

/** A finding with free text. */
export function fieldError(
  message: string,
  paths: readonly string[],
  { details, level = 'error' }: FieldErrorOptions = {},
): FieldError {
  return { message, paths, level, ...(details === undefined ? {} : { details }) };
}

/** Fields that are required and absent. */
export const missingField = (...paths: string[]): FieldError => fieldError('missing field(s)', paths);

/** Fields that are set and may not be. */
export const disallowedFields = (...paths: string[]): FieldError => fieldError('must not set the field(s)', paths);

/** A value out of its domain; it prints as the user wrote it. */
export const invalidValue = (value: Value, path: string, details?: string): FieldError =>
  fieldError(`invalid value: ${value}`, [path], details === undefined ? {} : { details });

/** A bad element of a list: `tag` and 2 give `tag[2]`. */
export const invalidArrayValue = (value: Value, field: string, index: number): FieldError =>
  invalidValue(value, `${field}[${index}]`);

/** A value outside `low`…`high`, both allowed. Durations are passed as text. */
export const outOfBounds = (value: Value, low: Value, high: Value, path: string): FieldError =>
  fieldError(`expected ${low} <= ${value} <= ${high}`, [path]);

/** A bad key of the map at `path`. */
export const invalidKeyName = (key: string, path: string, details?: string): FieldError =>
  fieldError(`invalid key name "${key}"`, [path], details === undefined ? {} : { details });

/** Several set of which one is wanted: `paths` are those set. */
export const multipleOneOf = (...paths: string[]): FieldError =>
  fieldError('expected exactly one, got both', [...paths].sort());

/** None set of which one is wanted: `paths` are the candidates. */
export const missingOneOf = (...paths: string[]): FieldError =>
  fieldError('expected exactly one, got neither', [...paths].sort());

/** The findings, level turned to `warning`. */
export const asWarnings = (findings: readonly FieldError[]): FieldError[] =>
  findings.map((finding) => ({ ...finding, level: 'warning' }));

/** The findings of what `field` holds, seen from its parent. */
export const viaField = (field: string, findings: readonly FieldError[]): FieldError[] =>
  findings.map((finding) => ({ ...finding, paths: finding.paths.map((path) => joinPath(field, path)) }));

/** The findings of element `index`, seen from its list. */
export const viaIndex = (index: number, findings: readonly FieldError[]): FieldError[] =>
  viaField(`[${index}]`, findings);

/** The findings of element `index` of the list `field`, seen from the list's parent. */
export const viaFieldIndex = (field: string, index: number, findings: readonly FieldError[]): FieldError[] =>
  viaField(`${field}[${index}]`, findings);

/** The findings of the value under `key`, seen from its map. */
export const viaKey = (key: string, findings: readonly FieldError[]): FieldError[] => viaField(`[${key}]`, findings);

/**
 * One text for all findings: equal ones merged, in a fixed order (serving-api.md, section 3). The levels are not told
 * apart: pass errors and warnings separately.
 */
export function renderFindings(findings: readonly FieldError[]): string {
  return merge(findings).sort(compareFindings).map(renderFinding).join('\n');
}

// An index belongs to the name before it. A key with dots in it is not taken for one and stays detached.
const leadingIndex = /^\[[^\].]*\]/;

function joinPath(prefix: string, path: string): string {
  if (prefix === '') return path;
  return path === '' || leadingIndex.test(path) ? prefix + path : `${prefix}.${path}`;
}

function merge(findings: readonly FieldError[]): FieldError[] {
  const merged = new Map<string, { readonly finding: FieldError; readonly paths: Set<string> }>();
  for (const finding of findings) {
    const identity = JSON.stringify([finding.level, finding.message, finding.details]);
    const paths = merged.get(identity)?.paths ?? new Set();
    for (const path of finding.paths) paths.add(path);
    merged.set(identity, { finding, paths });
  }
  return [...merged.values()].map(({ finding, paths }) => ({ ...finding, paths: [...paths].sort(compareBytes) }));
}

function compareFindings(a: FieldError, b: FieldError): number {
  return (
    compareBytes(a.message, b.message) ||
    compareBytes(a.details ?? '', b.details ?? '') ||
    compareBytes(a.level, b.level)
  );
}

const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function renderFinding({ message, paths, details }: FieldError): string {
  return `${message}: ${paths.join(', ')}${details ? `\n${details}` : ''}`;
}
