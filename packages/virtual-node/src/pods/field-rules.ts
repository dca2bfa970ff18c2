import type { Container, PodSpec } from '@ebb/api';
import { isSidecar } from './sidecars.ts';

/** Whether a field's value asks for something. */
export type Asks = (value: unknown) => boolean;

/** By the path of a field, in which `*` is each item of a list: the values that matter. */
export type FieldRules<Rule extends { readonly asks: Asks }> = Readonly<Record<string, Rule>>;

/** Rules for the fields of a pod's spec and for those of its containers. */
export interface PodRules<Rule extends { readonly asks: Asks }> {
  readonly spec: FieldRules<Rule>;
  readonly containers: FieldRules<Rule>;
  /** Default: the same as for other containers. */
  readonly initContainers?: FieldRules<Rule>;
  /** For init containers that go on running. Default: the same as for other init containers. */
  readonly sidecars?: FieldRules<Rule>;
}

/** Any value but those that say nothing. */
export const anything: Asks = (value) =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);

/** One value. */
export const only =
  (wanted: unknown): Asks =>
  (value) =>
    value === wanted;

/** Any value but one. */
export const otherThan =
  (usual: unknown): Asks =>
  (value) =>
    anything(value) && value !== usual;

/** A field that asks for something, as a path such as `spec.containers["app"].ports[0].hostPort`. */
export interface AskingField<Rule> {
  readonly field: string;
  readonly rule: Rule;
}

/**
 * What finds the fields of a pod's spec that ask for something by these rules. It looks at each spec once: pods of one template share
 * theirs, and none is changed.
 */
export function createFieldFinder<Rule extends { readonly asks: Asks }>(
  rules: PodRules<Rule>,
): (spec: PodSpec) => readonly AskingField<Rule>[] {
  const known = new WeakMap<PodSpec, readonly AskingField<Rule>[]>();
  return (spec) => {
    const found = known.get(spec) ?? fieldsAsking(spec, rules);
    known.set(spec, found);
    return found;
  };
}

function fieldsAsking<Rule extends { readonly asks: Asks }>(spec: PodSpec, rules: PodRules<Rule>): AskingField<Rule>[] {
  const { containers, initContainers = containers, sidecars = initContainers } = rules;
  const inList = (
    list: 'containers' | 'initContainers',
    rulesOf: (container: Container) => FieldRules<Rule>,
  ): AskingField<Rule>[] =>
    (spec[list] ?? []).flatMap((container) =>
      asking(container, rulesOf(container), `spec.${list}[${JSON.stringify(container.name)}]`),
    );
  return [
    ...asking(spec, rules.spec, 'spec'),
    ...inList('containers', () => containers),
    ...inList('initContainers', (container) => (isSidecar(container) ? sidecars : initContainers)),
  ];
}

function asking<Rule extends { readonly asks: Asks }>(
  object: object,
  rules: FieldRules<Rule>,
  root: string,
): AskingField<Rule>[] {
  return Object.entries(rules).flatMap(([path, rule]) =>
    valuesAt(object, path.split('.'), root).flatMap(([field, value]) => (rule.asks(value) ? { field, rule } : [])),
  );
}

function valuesAt(value: unknown, [step, ...rest]: readonly string[], path: string): [string, unknown][] {
  if (step === undefined) return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  if (step !== '*') return valuesAt((value as Record<string, unknown>)[step], rest, `${path}.${step}`);
  return Array.isArray(value) ? value.flatMap((item, index) => valuesAt(item, rest, `${path}[${index}]`)) : [];
}
