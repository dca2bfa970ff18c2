import { type Route, childName, keys } from '@ebb/api';

/** How the names of Routes become hosts: what config-domain and config-network say. */
export interface Naming {
  /** DNS name all Services of the cluster are below, usually `cluster.local`. */
  readonly clusterDomain: string;
  /** The domain for a Route with these labels. */
  domainOf(labels: Readonly<Record<string, string>>): string;
  /** The domain template. Throws if it does not yield a host. */
  host(values: HostValues): string;
  /** The tag template. */
  tagName(values: { readonly name: string; readonly tag: string }): string;
  /** Scheme of public URLs. */
  readonly externalScheme: 'http' | 'https';
  /** Port to be shown in public URLs; absent where it is the scheme's own. */
  readonly externalPort?: number | undefined;
}

export interface HostValues {
  readonly name: string;
  readonly namespace: string;
  readonly domain: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

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
export function placeholderName(route: Route, tag: string, naming: Pick<Naming, 'tagName'>): string {
  const { name = '' } = route.metadata;
  return tag === '' ? name : childName(naming.tagName({ name, tag }), '');
}

/**
 * The hosts and the URL of one group of a Route (serving-api.md, section 19.3). `hidden` tells that the group's
 * placeholder Service is labelled as cluster-local. Throws `DomainError` if a host is no DNS name.
 */
export function addressOf(
  route: Route,
  { tag, hidden }: { readonly tag: string; readonly hidden: boolean },
  naming: Naming,
): GroupAddress {
  const { namespace = '', labels = {}, annotations = {} } = route.metadata;
  const serviceName = placeholderName(route, tag, naming);
  const localHosts = localHostsOf(serviceName, namespace, naming.clusterDomain);
  const localHost = checked(localHosts.at(-1) ?? '');
  const domain = naming.domainOf(labels);
  if (hidden || isLocal(route, domain, naming)) {
    return { serviceName, public: false, host: localHost, localHosts, url: `http://${localHost}` };
  }
  const host = checked(render(naming, { name: serviceName, namespace, domain, labels, annotations }));
  return { serviceName, public: true, host, localHosts, url: publicUrl(host, naming) };
}

/** `status.address.url`: how the Route is called from within the cluster. */
export function clusterUrl(route: Route, { clusterDomain }: Pick<Naming, 'clusterDomain'>): string {
  const { name = '', namespace = '' } = route.metadata;
  return `http://${localHostsOf(name, namespace, clusterDomain).at(-1)}`;
}

function isLocal(route: Route, domain: string, { clusterDomain }: Naming): boolean {
  return route.metadata.labels?.[keys.visibility] === 'cluster-local' || domain === `svc.${clusterDomain}`;
}

function localHostsOf(name: string, namespace: string, clusterDomain: string): readonly string[] {
  const short = `${name}.${namespace}`;
  return [short, `${short}.svc`, `${short}.svc.${clusterDomain}`];
}

function publicUrl(host: string, { externalScheme, externalPort }: Naming): string {
  const usual = externalScheme === 'https' ? 443 : 80;
  const port = externalPort === undefined || externalPort === usual ? '' : `:${externalPort}`;
  return `${externalScheme}://${host}${port}`;
}

function render(naming: Naming, values: HostValues): string {
  try {
    return naming.host(values);
  } catch (cause) {
    throw new DomainError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

const dnsLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const maxHostLength = 253;

function checked(host: string): string {
  const valid = host.length <= maxHostLength && host.split('.').every((label) => dnsLabel.test(label));
  if (!valid) throw new DomainError(`invalid domain name ${JSON.stringify(host)}: not a DNS name of labels up to 63 characters`);
  return host;
}
