import { type Ingress, ingressClass, keys, resources } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { type ConditionSet, type Informer, type KubeClient, createConditionManager, deepEqual } from '@ebb/kube';
import { type Listener, type RoutingTable, conflictsOf } from '@ebb/router';
import type { ListenAddress } from '../http/listen.ts';
import { probeGateway } from './probe-gateway.ts';

/** The listeners of one gateway. */
export type GatewayAddresses = Readonly<Partial<Record<Listener, ListenAddress>>>;

export interface IngressStatusOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ingresses: Pick<Informer<Ingress>, 'get'>;
  readonly table: () => RoutingTable;
  /** Every gateway that must serve an Ingress before it is Ready. */
  readonly gateways: () => readonly GatewayAddresses[];
}

const conditions: ConditionSet = { happy: 'Ready', dependents: ['LoadBalancerReady', 'NetworkConfigured'] };

/** The names under which the gateway is to be found inside a cluster. */
const loadBalancers = {
  publicLoadBalancer: { ingress: [{ domainInternal: 'ebb-gateway.knative-serving.svc.cluster.local' }] },
  privateLoadBalancer: { ingress: [{ domainInternal: 'ebb-gateway-internal.knative-serving.svc.cluster.local' }] },
};

/**
 * Says in an Ingress's status whether it is served: Ready only once every gateway has answered, on its own listener, with
 * that very version. Throws if one does not yet, to be tried again.
 */
export async function reconcileIngressStatus(
  options: IngressStatusOptions,
  key: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const [namespace = '', name = ''] = key.split('/');
  const ingress = options.ingresses.get(namespace, name);
  if (
    !ingress ||
    ingress.metadata.deletionTimestamp ||
    ingress.metadata.annotations?.[keys.ingressClass] !== ingressClass
  )
    return;
  const conflicts = conflictsOf(options.table(), key);
  if (conflicts.size === 0) await assertServed(options, ingress, key, signal);
  await writeStatus(options, ingress, conflicts.size > 0 ? describe(conflicts) : undefined, signal);
}

function describe(conflicts: ReadonlyMap<string, string>): string {
  return [...conflicts].map(([host, owner]) => `${host} is served by Ingress ${owner}`).join('; ');
}

async function assertServed(
  options: IngressStatusOptions,
  ingress: Ingress,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const compiled = options.table().ingresses.get(key);
  if (compiled?.generation !== (ingress.metadata.generation ?? 0))
    throw new Error('the table does not hold this version yet');
  const hash = compiled.hash();
  for (const gateway of options.gateways()) {
    for (const [listener, host] of probedHosts(ingress)) {
      const address = gateway[listener];
      if (!address) continue;
      const served = await probeGateway({ gateway: address, host, hash }, { signal });
      if (!served)
        throw new Error(`the gateway at ${address.host}:${address.port} does not serve ${host} in this version yet`);
    }
  }
}

/** One host a listener: a table is swapped whole. */
function probedHosts({ spec }: Ingress): readonly (readonly [Listener, string])[] {
  const hosts = new Map<Listener, string>();
  for (const { hosts: [host] = [], visibility, http } of spec.rules ?? []) {
    if (!host || !http?.paths?.some(({ headers }) => !headers)) continue;
    const listener = visibility === 'ClusterLocal' ? 'private' : 'public';
    if (listener === 'private' || spec.httpOption !== 'Redirected') hosts.set(listener, hosts.get(listener) ?? host);
  }
  return [...hosts];
}

async function writeStatus(
  options: IngressStatusOptions,
  ingress: Ingress,
  conflict: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const manager = createConditionManager(conditions, ingress);
  manager.markTrue('NetworkConfigured');
  manager.markTrue('LoadBalancerReady');
  if (conflict !== undefined) manager.markFalse('LoadBalancerReady', 'DomainConflict', conflict);
  const status = { ...ingress.status, ...loadBalancers, ...manager.finish(options.clock.now()) };
  if (deepEqual(status, ingress.status)) return;
  await options.client.updateStatus(resources.ingresses, { ...ingress, status }, { signal });
}
