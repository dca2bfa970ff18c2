import type { Container, EnvVar, Pod } from '@ebb/api';
import { podField, resourceField } from './downward.ts';
import type { Lookup } from './lookup.ts';
import { MissingReference, Unsupported } from './missing.ts';
import { sidecarVariables } from './sidecars.ts';

/** A variable with its value, or one that ECI fills in from the group itself (`status.podIP`). */
export interface ResolvedVariable {
  readonly key: string;
  readonly value?: string;
  readonly fieldPath?: string;
}

/** ECI takes no more of a container. */
const maxVariables = 100;
const validName = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/**
 * A container's environment, resolved as a kubelet does (serverless-node.md, section 1.4): of Services, `envFrom` in order, then
 * `env`, with `$(NAME)` expanded over what came before. Throws `MissingReference`.
 */
export function resolveEnvironment(container: Container, pod: Pod, lookup: Lookup): ResolvedVariable[] {
  try {
    return resolveAll(container, pod, lookup);
  } catch (error) {
    throw error instanceof MissingReference ? new MissingReference(error.message, container.name) : error;
  }
}

function resolveAll(container: Container, pod: Pod, lookup: Lookup): ResolvedVariable[] {
  const variables = new Map<string, ResolvedVariable>();
  const known = new Map<string, ResolvedVariable>(lookup.serviceVariables.map((each) => [each.key, each]));
  const set = (variable: ResolvedVariable): void => {
    variables.delete(variable.key);
    variables.set(variable.key, variable);
  };
  for (const [key, value] of sidecarVariables(container, pod.spec)) set({ key, value });
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    for (const [name, value] of Object.entries(sourceData({ configMapRef, secretRef }, lookup))) {
      const key = `${prefix}${name}`;
      if (validName.test(key)) set({ key, value });
    }
  }
  for (const variable of container.env ?? []) {
    const resolved = resolveVariable(variable, { container, pod, lookup });
    if (!resolved) continue;
    const { value } = resolved;
    const valueOf = (name: string): string | undefined => {
      const before = variables.get(name) ?? known.get(name);
      return before?.fieldPath === undefined ? before?.value : `${leftToGroup}(${name})`;
    };
    set(value === undefined || variable.valueFrom ? resolved : { ...resolved, value: expand(value, valueOf) });
  }
  // What does not fit is of Services: nothing that the pod says itself.
  const room = maxVariables - variables.size;
  if (room < 0) throw new Unsupported(tooMany(container, pod, variables.size));
  const ofServices = lookup.serviceVariables.filter(({ key }) => !variables.has(key)).slice(0, room);
  return [...ofServices, ...variables.values()].map((each) => forGroup(each, variables));
}

/** Stands before the name of a variable that only the group can fill in; no value has it, for none of a process can. */
const leftToGroup = '\0';

/** ECI fills in `$(POD_IP)` as a kubelet would: what only looks like it has each of its dollar signs twice. */
function forGroup(variable: ResolvedVariable, all: ReadonlyMap<string, ResolvedVariable>): ResolvedVariable {
  const { value } = variable;
  if (value === undefined) return variable;
  const escaped = value.replace(/\$+(?=\0?\(([^()]+)\))/g, (signs, name: string) =>
    all.get(name)?.fieldPath === undefined ? signs : signs + signs,
  );
  return { ...variable, value: escaped.replaceAll(leftToGroup, '$') };
}

function tooMany({ name }: Container, { spec }: Pod, count: number): string {
  const list = spec.containers.some((each) => each.name === name) ? 'containers' : 'initContainers';
  const field = `spec.${list}[${JSON.stringify(name)}].env`;
  return `${field} cannot be had on a virtual node: ${count} variables; at most ${maxVariables} are taken`;
}

/** Entries of ConfigMaps and Secrets that are left out, as their names are none of variables: in kubelet's words. */
export function skippedNames({ spec, metadata }: Pod, lookup: Lookup): string[] {
  return [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ envFrom = [] }) =>
    envFrom.flatMap(({ prefix = '', configMapRef, secretRef }) => {
      const names = Object.keys(sourceData({ configMapRef, secretRef }, lookup)).map((name) => prefix + name);
      const bad = names.filter((name) => !validName.test(name));
      if (bad.length === 0) return [];
      const [kind, { name = '' } = {}] = configMapRef ? ['configMap', configMapRef] : ['secret', secretRef];
      return `Keys [${bad.join(', ')}] from the EnvFrom ${kind} ${metadata.namespace}/${name} were skipped since they are considered invalid environment variable names.`;
    }),
  );
}

type Source = { readonly name?: string; readonly optional?: boolean } | undefined;

function sourceData(
  { configMapRef, secretRef }: { configMapRef: Source; secretRef: Source },
  lookup: Lookup,
): Record<string, string> {
  if (configMapRef) return configMapData(configMapRef, lookup) ?? {};
  return secretRef ? (secretData(secretRef, lookup) ?? {}) : {};
}

/** The text entries of a ConfigMap; undefined if it is not there and may be absent. */
function configMapData(
  { name = '', optional }: NonNullable<Source>,
  lookup: Lookup,
): Record<string, string> | undefined {
  const found = lookup.configMap(name);
  if (!found && !optional) throw new MissingReference(`configmap "${name}" not found`);
  return found && { ...found.data };
}

/** The entries of a Secret as text; undefined if it is not there and may be absent. */
function secretData({ name = '', optional }: NonNullable<Source>, lookup: Lookup): Record<string, string> | undefined {
  const found = lookup.secret(name);
  if (!found && !optional) throw new MissingReference(`secret "${name}" not found`);
  return found && Object.fromEntries(Object.entries(found.data ?? {}).map(([key, value]) => [key, decode(value)]));
}

function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function resolveVariable(
  { name: key, value, valueFrom }: EnvVar,
  { container, pod, lookup }: { readonly container: Container; readonly pod: Pod; readonly lookup: Lookup },
): ResolvedVariable | undefined {
  if (!valueFrom) return { key, value: value ?? '' };
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = valueFrom;
  if (fieldRef) return fieldVariable(key, fieldRef.fieldPath, pod);
  if (resourceFieldRef) return { key, value: resourceField(pod, resourceFieldRef, container) };
  const ref = configMapKeyRef ?? secretKeyRef;
  if (!ref) return undefined;
  const data = configMapKeyRef ? configMapData(ref, lookup) : secretData(ref, lookup);
  const found = data?.[ref.key];
  if (found !== undefined) return { key, value: found };
  if (ref.optional) return undefined;
  throw new MissingReference(
    `couldn't find key ${ref.key} in ${configMapKeyRef ? 'ConfigMap' : 'Secret'} ${pod.metadata.namespace}/${ref.name}`,
  );
}

/** What only the group knows, by the name it has there: a group has one address. */
const groupFields: ReadonlyMap<string, string> = new Map([
  ['status.podIP', 'status.podIP'],
  ['status.podIPs', 'status.podIP'],
  ['status.hostIP', 'status.hostIP'],
  ['status.hostIPs', 'status.hostIP'],
]);

/** Facts only the group knows are left to ECI; the others are read from the pod. */
function fieldVariable(key: string, fieldPath: string, pod: Pod): ResolvedVariable {
  const ofGroup = groupFields.get(fieldPath);
  if (ofGroup) return { key, fieldPath: ofGroup };
  return { key, value: podField(pod, fieldPath) ?? '' };
}

/** A mount's path below its volume, from the container's variables. Throws `Unsupported` where one is not there, or is ECI's to fill in. */
export function expandSubPath(expression: string, variables: readonly ResolvedVariable[], field: string): string {
  return expand(expression, (name) => {
    const value = variables.find(({ key }) => key === name)?.value;
    if (value !== undefined) return value;
    throw new Unsupported(`${field}: there is no value for ${name} before the container starts`);
  });
}

/** `$(NAME)` becomes the value of a variable set before, `$$` a dollar sign; an unknown name stays as it is. */
function expand(text: string, valueOf: (name: string) => string | undefined): string {
  return text.replace(/\$(?:\$|\(([^()]+)\))/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (valueOf(name) ?? whole),
  );
}
