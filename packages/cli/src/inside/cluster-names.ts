import { type CoreService, type EndpointSlice, isNotFound, resources } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';

/** What a name stands for. */
export type Found = { readonly addresses: readonly string[] } | { readonly alias: string } | undefined;

const suffix = '.svc.cluster.local';
/** Under which Knative's placeholder Services point to the gateway's listener for requests from inside. */
const gatewayName = `ebb-gateway-internal.knative-serving${suffix}`;

/** True for names that only the cluster knows. */
export function isClusterName(name: string): boolean {
  return /(?:^|\.)cluster\.local$/i.test(name);
}

/**
 * The addresses of a Service by its name in the cluster, `<name>.<namespace>.svc.cluster.local`: of the gateway for Knative's, of its
 * pods for others.
 */
export async function findName(client: KubeClient, name: string, gateway: string): Promise<Found> {
  const lower = name.toLowerCase();
  if (lower === gatewayName) return { addresses: [gateway] };
  const [service = '', namespace, rest] = lower.endsWith(suffix) ? lower.slice(0, -suffix.length).split('.') : [];
  if (namespace === undefined || rest !== undefined) return undefined;
  const found = await getService(client, namespace, service);
  if (!found) return undefined;
  const { type, externalName = '' } = found.spec ?? {};
  if (type !== 'ExternalName') return { addresses: await addressesOf(client, namespace, service) };
  return externalName === gatewayName ? { addresses: [gateway] } : { alias: externalName };
}

async function getService(client: KubeClient, namespace: string, name: string): Promise<CoreService | undefined> {
  try {
    return await client.get(resources.coreServices, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function addressesOf(client: KubeClient, namespace: string, service: string): Promise<string[]> {
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const { items } = await client.list<EndpointSlice>(resources.endpointSlices, { namespace, labelSelector });
  const ready = items.flatMap(({ endpoints }) => endpoints.filter(({ conditions }) => conditions?.ready !== false));
  return ready.flatMap(({ addresses }) => addresses.slice(0, 1));
}
