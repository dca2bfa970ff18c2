import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { type KubernetesObject, parseServingConfig } from '../../src/index.ts';
import { admit, refusal } from '../admit.ts';

/** ConfigMaps by name. */
export type ConfigMaps = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface More {
  /** The stored object: then the write is an update. */
  readonly old?: unknown;
  readonly config?: ConfigMaps;
}

/** What is the matter, the object, what admission says to it (`admitted` if it lets it pass), and what else there is. */
export type Rule = readonly [what: string, object: unknown, text: string, more?: More];

/** A test for each row: object in, exact text out. */
export function checkRules(rules: readonly Rule[]): void {
  const cases = rules.map(([what, object, text, more = {}]) => ({ what, object, text, ...more }));
  it.each(cases)('$what', ({ object, text, old, config = {} }) => {
    const oldObject = old === undefined ? {} : { oldObject: old as KubernetesObject };
    const said = refusal(() => admit(object, { ...oldObject, config: parseServingConfig(config) }));
    expect(said.replace(/^validation failed: /, '')).toBe(text);
  });
}

type Configured = More & { readonly config: ConfigMaps };

/** A ConfigMap of features, all with one value. */
export const features = (...names: string[]): Configured => flags('Enabled', ...names);
export const flags = (value: string, ...names: string[]): Configured => ({
  config: { 'config-features': Object.fromEntries(names.map((name) => [name, value])) },
});

/** An object of a kind, its name `hello` unless its manifest, in YAML, says otherwise. */
export const make = (kind: string, manifest: string): KubernetesObject => ({
  kind,
  metadata: { name: 'hello', namespace: 'default' },
  ...parse(manifest),
});

/** A Service with this pod spec. */
export const withPod = (pod: string): KubernetesObject => make('Service', `spec: { template: { spec: { ${pod} } } }`);
/** A Service with these containers, and what else the pod has. */
export const withContainers = (containers: string, pod = ''): KubernetesObject =>
  withPod(`containers: [${containers}]${pod === '' ? '' : `, ${pod}`}`);
/** A Service with a container that has this beside an image. */
export const withContainer = (container: string, pod = ''): KubernetesObject =>
  withContainers(`{ image: a1, ${container} }`, pod);

/** The paths of a Service's pod spec and of its first container. */
export const pod = 'spec.template.spec';
export const first = `${pod}.containers[0]`;
export const second = `${pod}.containers[1]`;

/** What Kubernetes says of names. */
export const dns1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
export const dns1123Subdomain =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
export const dns1123Label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
export const qualifiedName =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

export const lines = (...texts: string[]): string => texts.join('\n');
