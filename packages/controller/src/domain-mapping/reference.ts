import { type CoreService, type DomainMapping, clusterDomain, isNotFound, resources } from '@ebb/api';
import type { Work } from '../context.ts';

/** What a DomainMapping leads to. */
export interface Target {
  /** How it is called inside the cluster: `<serviceName>.<namespace>.svc.<cluster domain>`. */
  readonly host: string;
  readonly serviceName: string;
}

/** A reference that leads nowhere: `ReferenceResolved` says why. */
export class ReferenceError extends Error {
  override readonly name = 'ReferenceError';
}

/** Finds what a DomainMapping refers to (serving-api.md, section 23, step 5). Throws `ReferenceError` if that has no address. */
export async function resolveReference(work: Work, { metadata, spec }: DomainMapping): Promise<Target> {
  const { kind = '', name = '', apiVersion = '' } = spec.ref;
  const { namespace = '' } = metadata;
  if (apiVersion === 'v1' && kind === 'Service') return ofCoreService(await getCoreService(work, namespace, name));
  const addressable = isServing(apiVersion) ? getAddressable(work, { kind, namespace, name }) : undefined;
  if (addressable === undefined)
    throw new ReferenceError(
      `${apiVersion} ${kind} "${name}" cannot be mapped: the reference must be a Service or Route of serving.knative.dev/v1, or a Service of v1.`,
    );
  return targetOf(addressable, { namespace, name });
}

function isServing(apiVersion: string): boolean {
  return apiVersion.startsWith('serving.knative.dev/');
}

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The address a Service or Route of Knative's tells of itself; `undefined` for other kinds. */
function getAddressable(
  { informers }: Work,
  { kind, namespace, name }: Named & { readonly kind: string },
): string | undefined {
  const informer = { Service: informers.services, Route: informers.routes }[kind];
  if (!informer) return undefined;
  const found = informer.get(namespace, name);
  if (!found) throw new ReferenceError(`${kind.toLowerCase()}s.serving.knative.dev "${name}" not found`);
  const { url } = found.status?.address ?? {};
  if (!url) throw new ReferenceError(`${kind} "${name}" has no address yet.`);
  return url;
}

function targetOf(url: string, { namespace, name }: Named): Target {
  const host = `${name}.${namespace}.svc.${clusterDomain}`;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.hostname !== host) {
    throw new ReferenceError(`The address "${url}" cannot be mapped: its host must be "${host}".`);
  }
  if (parsed.pathname !== '/') throw new ReferenceError(`The address "${url}" cannot be mapped: it must have no path.`);
  return { host, serviceName: name };
}

async function getCoreService(
  { client, informers, signal }: Work,
  namespace: string,
  name: string,
): Promise<CoreService> {
  const known = informers.placeholders.get(namespace, name);
  if (known) return known;
  try {
    return await client.get(resources.coreServices, { namespace, name }, { signal });
  } catch (error) {
    if (isNotFound(error)) throw new ReferenceError(`services "${name}" not found`);
    throw error;
  }
}

function ofCoreService({ metadata: { name = '', namespace } }: CoreService): Target {
  return { host: `${name}.${namespace}.svc.${clusterDomain}`, serviceName: name };
}
