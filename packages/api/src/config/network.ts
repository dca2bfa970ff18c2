import { ingressClass } from '../keys.ts';
import { type Bound, type ConfigData, atLeast, readConfig, wholeSeconds } from './data.ts';
import type { Fields } from './template/functions.ts';
import { type Template, parseTemplate } from './template/template.ts';
import { parseYaml } from './yaml.ts';

/** The ConfigMap `config-network`, complete (serving-api.md, section 12). */
export interface NetworkConfig {
  /** Default: Ebb's own gateway. */
  readonly ingressClass: string;
  readonly certificateClass: string;
  /** Over `Name`, `Namespace`, `Domain`, `Annotations`, `Labels`: gives a host. */
  readonly domainTemplate: Template;
  /** Over `Name`, `Tag`: gives the `Name` for the domain template. */
  readonly tagTemplate: Template;
  readonly rolloutDurationMs: number;
  readonly autocreateClusterDomainClaims: boolean;
  readonly externalDomainTLS: boolean;
  readonly clusterLocalDomainTLS: boolean;
  readonly systemInternalTLS: boolean;
  readonly httpProtocol: 'Enabled' | 'Redirected' | 'Disabled';
  readonly defaultExternalScheme: 'http' | 'https';
  /** Port shown in public URLs where the gateway is not on the scheme's own (key `ebb-external-port`). */
  readonly externalPort: number | undefined;
  /** A label selector of namespaces; `undefined`: none. */
  readonly namespaceWildcardCertSelector: Readonly<Record<string, unknown>> | undefined;
  readonly meshCompatibilityMode: 'auto' | 'enabled' | 'disabled';
  readonly enableMeshPodAddressability: boolean;
}

const externalPortKey = 'ebb-external-port';
const tcpPort: Bound<number> = { holds: (port) => port >= 1 && port <= 65_535, must: 'a port from 1 to 65535' };

/** Reads `config-network`; throws an `Error` with key, value and legal range. */
export function parseNetworkConfig(data: ConfigData = {}): NetworkConfig {
  const read = readConfig(data);
  const isOn = (...keys: string[]): boolean => read.word(keys, ['Enabled', 'Disabled'], 'Disabled') === 'Enabled';
  return {
    ingressClass: read.text(['ingress-class', 'ingress.class'], ingressClass),
    certificateClass: read.text(
      ['certificate-class', 'certificate.class'],
      'cert-manager.certificate.networking.knative.dev',
    ),
    domainTemplate: readDomainTemplate(data),
    tagTemplate: readTagTemplate(data),
    rolloutDurationMs: readRollout(data),
    autocreateClusterDomainClaims: read.bool(
      ['autocreate-cluster-domain-claims', 'autocreateClusterDomainClaims'],
      false,
    ),
    externalDomainTLS: isOn('external-domain-tls', 'auto-tls', 'autoTLS'),
    clusterLocalDomainTLS: isOn('cluster-local-domain-tls'),
    systemInternalTLS: isOn('system-internal-tls'),
    httpProtocol: read.word(['http-protocol', 'httpProtocol'], ['Enabled', 'Redirected', 'Disabled'], 'Enabled'),
    defaultExternalScheme: read.word(['default-external-scheme', 'defaultExternalScheme'], ['http', 'https'], 'http'),
    externalPort: data[externalPortKey] ? read.integer(externalPortKey, 0, tcpPort) : undefined,
    namespaceWildcardCertSelector: readSelector(data['namespace-wildcard-cert-selector']),
    meshCompatibilityMode: read.word('mesh-compatibility-mode', ['auto', 'enabled', 'disabled'], 'auto'),
    enableMeshPodAddressability: read.bool('enable-mesh-pod-addressability', false),
  };
}

/** Knative takes a number of seconds here, and its documentation writes a duration; either will do. */
function readRollout(data: ConfigData): number {
  const read = readConfig(data);
  const keys = ['rollout-duration', 'rolloutDuration'];
  const isNumber = /^\s*[+-]?\d+\s*$/.test(read.text(keys, ''));
  return isNumber ? read.integer(keys, 0, atLeast(0)) * 1000 : read.durationMs(keys, 0, wholeSeconds);
}

const domainSample: Fields = {
  Name: 'name',
  Namespace: 'namespace',
  Domain: 'example.com',
  Annotations: {},
  Labels: {},
};

// Unlike a plain DNS name it may have empty labels: with no annotations at hand `{{index .Annotations "sub"}}` yields nothing.
const hostOnly = /^[^\s/:?#@{}<>"|\\^`]+$/;

function readDomainTemplate(data: ConfigData): Template {
  const keys = ['domain-template', 'domainTemplate'];
  return readTemplate(data, keys, {
    byDefault: '{{.Name}}.{{.Namespace}}.{{.Domain}}',
    must: 'a template over Name, Namespace, Domain, Annotations and Labels that yields a host without a path',
    holds: (template) => hostOnly.test(template.render(domainSample)),
  });
}

function readTagTemplate(data: ConfigData): Template {
  return readTemplate(data, ['tag-template', 'tagTemplate'], {
    byDefault: '{{.Tag}}-{{.Name}}',
    must: 'a template over Tag and Name',
    holds: (template) => hostOnly.test(template.render({ Tag: 'tag', Name: 'name' })),
  });
}

interface TemplateRule {
  readonly byDefault: string;
  readonly must: string;
  readonly holds: (template: Template) => boolean;
}

function readTemplate(data: ConfigData, keys: readonly string[], { byDefault, must, holds }: TemplateRule): Template {
  const key = keys.find((spelling) => data[spelling] !== undefined) ?? keys.join();
  const text = data[key] ?? byDefault;
  const refusal = `${key} = ${text}, must be ${must}`;
  let template: Template;
  let fits: boolean;
  try {
    template = parseTemplate(text);
    fits = holds(template);
  } catch (cause) {
    throw new Error(`${refusal}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (!fits) throw new Error(refusal);
  return template;
}

function readSelector(text = ''): NetworkConfig['namespaceWildcardCertSelector'] {
  const key = 'namespace-wildcard-cert-selector';
  const selector: unknown = parseYaml(key, text);
  if (selector === null) return undefined;
  if (typeof selector !== 'object' || Array.isArray(selector)) {
    throw new Error(`${key} = ${text}, must be a label selector`);
  }
  return Object.keys(selector).length === 0 ? undefined : Object.fromEntries(Object.entries(selector));
}
