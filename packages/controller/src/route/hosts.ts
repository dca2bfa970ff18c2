import { type Route, type ServingConfig, childName, clusterDomain, clusterLocalDomain, domainFor } from '@ebb/api';
import { messageOf } from '@ebb/base';
import { publicUrl } from '../public-url.ts';

/** What says how the names of Routes become hosts. */
export type NamingConfig = Pick<ServingConfig, 'domain' | 'network'>;

/** Where a group of targets is found: publicly, or within the cluster only. */
export interface GroupAddress {
  /** Name of the group's placeholder Service: the Route's, or what the tag template makes of it. */
  readonly serviceName: string;
  readonly public: boolean;
  /** The host of the URL: the public one, or the longest of the local ones. */
  readonly host: string;
  /** The three forms of the name within the cluster, the shortest first. */
  readonly localHosts: readonly string[];
  readonly url: string;
}

/** A host that cannot be: the Route says so with reason `ErrorConfig`. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
}

/** The name of the placeholder Service of a tag; `''` is the default group. */
export function placeholderName(route: Route, tag: string, { network }: NamingConfig): string {
  const { name = '' } = route.metadata;
  return tag === '' ? name : childName(network.tagTemplate.render({ Name: name, Tag: tag }), '');
}

/**
 * The hosts and the URL of one group of a Route (serving-api.md, section 19.3). `hidden` tells that the group's
 * placeholder Service is labelled as cluster-local. Throws `DomainError` if a host is no DNS name.
 */
export function addressOf(
  route: Route,
  { tag, hidden }: { readonly tag: string; readonly hidden: boolean },
  config: NamingConfig,
): GroupAddress {
  const { namespace = '', labels } = route.metadata;
  const serviceName = placeholderName(route, tag, config);
  const localHosts = localHostsOf(serviceName, namespace);
  const localHost = checked(localHosts.at(-1) ?? '');
  const domain = domainFor(config, labels);
  if (hidden || domain === clusterLocalDomain) {
    return { serviceName, public: false, host: localHost, localHosts, url: `http://${localHost}` };
  }
  const host = checked(publicHost(route, { name: serviceName, domain }, config));
  return { serviceName, public: true, host, localHosts, url: publicUrl(host, config.network) };
}

/** `status.address.url`: how the Route is called from within the cluster. */
export function clusterUrl({ metadata: { name = '', namespace = '' } }: Route): string {
  return `http://${localHostsOf(name, namespace).at(-1)}`;
}

function localHostsOf(name: string, namespace: string): readonly string[] {
  const short = `${name}.${namespace}`;
  return [short, `${short}.svc`, `${short}.svc.${clusterDomain}`];
}

function publicHost(
  { metadata }: Route,
  { name, domain }: { readonly name: string; readonly domain: string },
  { network }: NamingConfig,
): string {
  const { namespace = '', labels = {}, annotations = {} } = metadata;
  const values = { Name: name, Namespace: namespace, Domain: domain, Labels: labels, Annotations: annotations };
  try {
    return network.domainTemplate.render(values);
  } catch (cause) {
    throw new DomainError(messageOf(cause), { cause });
  }
}

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const maxHostLength = 253;

function checked(host: string): string {
  const valid = host.length <= maxHostLength && host.split('.').every((label) => dnsLabel.test(label));
  if (!valid)
    throw new DomainError(`invalid domain name ${JSON.stringify(host)}: not a DNS name of labels up to 63 characters`);
  return host;
}
