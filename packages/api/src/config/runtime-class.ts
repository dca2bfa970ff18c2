import { checkDns1123Subdomain, checkLabelValue, checkQualifiedName } from '../validation/names.ts';
import { isRecord, isTextMap, parseYaml } from './yaml.ts';

/** A runtime class, and the labels of the Revisions whose pods get it; no labels: all of them. */
export interface RuntimeClass {
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
}

const key = 'runtime-class-name';

/** Reads the key `runtime-class-name`: YAML with a selector by class. Throws an `Error` with key, value and what it must be. */
export function parseRuntimeClasses(text = ''): readonly RuntimeClass[] {
  const value = parseYaml(key, text) ?? {};
  const must = `${key} = ${text}, must be a map of runtime classes to "selector:" with labels`;
  if (!isRecord(value)) throw new Error(must);
  return Object.entries(value).map(([name, options]) => {
    const selector = isRecord(options) ? (options['selector'] ?? {}) : options === null ? {} : undefined;
    if (!isRecord(selector) || !isTextMap(selector)) throw new Error(must);
    const wrong = [...checkDns1123Subdomain(name), ...Object.entries(selector).flatMap(checkLabel)];
    if (wrong.length > 0) throw new Error(`${key} = ${text}, ${name}: ${wrong.join(', ')}`);
    return { name, selector };
  });
}

const checkLabel = ([name, value]: readonly [string, string]): readonly string[] => [
  ...checkQualifiedName(name),
  ...checkLabelValue(value),
];

/** The class for pods with these labels: of those that match the one with the longest selector, of equals the first by name. */
export function runtimeClassFor(
  classes: readonly RuntimeClass[],
  labels: Readonly<Record<string, string>>,
): string | undefined {
  const size = ({ selector }: RuntimeClass): number => Object.keys(selector).length;
  const matching = classes.filter(({ selector }) =>
    Object.entries(selector).every(([name, value]) => Object.hasOwn(labels, name) && labels[name] === value),
  );
  return matching.sort((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1))[0]?.name;
}
