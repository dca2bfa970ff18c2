import { keys } from '../keys.ts';
import type { ConfigData } from './data.ts';
import { isRecord, isTextMap, parseYaml } from './yaml.ts';

/** Domain of Services inside the cluster. */
export const clusterDomain = 'cluster.local';

/** The domain of routes that only the cluster sees. */
export const clusterLocalDomain: string = `svc.${clusterDomain}`;

/** One entry of the ConfigMap `config-domain`. */
export interface Domain {
  readonly name: string;
  /** Labels a Route must have; none: this is a default domain. */
  readonly selector: Readonly<Record<string, string>>;
  /** Whether a wildcard certificate is wanted for it. */
  readonly wildcard: boolean;
}

/** The ConfigMap `config-domain`: never without a default domain (serving-api.md, section 12). */
export type DomainConfig = readonly Domain[];

/** Reads `config-domain`; throws an `Error` that names the domain and what its value must be. */
export function parseDomainConfig(data: ConfigData = {}): DomainConfig {
  const domains = Object.entries(data)
    .filter(([name]) => name !== '_example')
    .map(([name, text]) => parseDomain(name, text));
  const hasDefault = domains.some(({ selector }) => Object.keys(selector).length === 0);
  return hasDefault ? domains : [...domains, { name: clusterLocalDomain, selector: {}, wildcard: false }];
}

/**
 * The domain of a Route with these labels: of the domains whose selector matches the one with the longest selector, of
 * equals the first by name. A Route of visibility `cluster-local` has the cluster's own.
 */
export function domainFor(
  { domain }: { readonly domain: DomainConfig },
  labels: Readonly<Record<string, string>> = {},
): string {
  if (labels[keys.visibility] === 'cluster-local') return clusterLocalDomain;
  const matching = domain.filter(({ selector }) => matches(selector, labels));
  const [best] = matching.sort((a, b) => size(b) - size(a) || (a.name < b.name ? -1 : 1));
  return best?.name ?? clusterLocalDomain;
}

const size = ({ selector }: Domain): number => Object.keys(selector).length;

function matches(selector: Domain['selector'], labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
}

function parseDomain(name: string, text: string): Domain {
  const value = parseYaml(name, text) ?? {};
  const must = `${name} = ${text}, must be empty or "selector:" with labels and, if wanted, "type: wildcard"`;
  if (!isRecord(value)) throw new Error(must);
  const selector = value['selector'] ?? {};
  if (!isRecord(selector) || !isTextMap(selector)) throw new Error(must);
  const isDefault = Object.keys(selector).length === 0;
  return { name, selector, wildcard: isDefault || value['type'] === 'wildcard' };
}
