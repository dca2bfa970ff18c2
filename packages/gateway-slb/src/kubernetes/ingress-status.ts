import { type Ingress, ingressClass, keys, resources } from '@ebb/api';
import type { Clock } from '@ebb/base';
import {
  type ConditionSet,
  type Informer,
  type KubeClient,
  createConditionManager,
  deepEqual,
  isReady,
} from '@ebb/kube';
import { type CompiledIngress, type Listener, type RoutingTable, conflictsOf, route } from '@ebb/router';
import { versionOf } from '../http/network-probe.ts';
import type { GatewayAddresses } from './gateway-lease.ts';
import type { Prober } from './prober.ts';

export interface IngressStatusOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly ingresses: Pick<Informer<Ingress>, 'get'>;
  readonly table: () => RoutingTable;
  /** False as long as something is to be found out about an Ingress, as what its Secrets hold. */
  readonly knows: (ingress: CompiledIngress) => boolean;
  /** Every other gateway that must serve an Ingress before it is Ready: those there are after the call. */
  readonly gateways: () => Promise<readonly GatewayAddresses[]>;
  readonly prober: Prober;
}

const conditions: ConditionSet = { happy: 'Ready', dependents: ['LoadBalancerReady', 'NetworkConfigured'] };

/** The names under which the gateway is to be found inside a cluster. */
const loadBalancers = {
  publicLoadBalancer: { ingress: [{ domainInternal: 'ebb-gateway.knative-serving.svc.cluster.local' }] },
  privateLoadBalancer: { ingress: [{ domainInternal: 'ebb-gateway-internal.knative-serving.svc.cluster.local' }] },
};

/**
 * Says in an Ingress's status whether it is served: Ready only once every gateway has answered, on its own listener, with
 * that very version. Resolves to false if one does not yet: to be tried again.
 */
export async function reconcileIngressStatus(
  options: IngressStatusOptions,
  key: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  const [namespace = '', name = ''] = key.split('/');
  const ingress = options.ingresses.get(namespace, name);
  if (
    !ingress ||
    ingress.metadata.deletionTimestamp ||
    ingress.metadata.annotations?.[keys.ingressClass] !== ingressClass
  )
    return true;
  const conflicts = conflictsOf(options.table(), key);
  if (conflicts.size === 0) {
    if (isReady(ingress) && hasLoadBalancers(ingress)) return true;
    if (!(await isServed(options, ingress, key, signal))) return false;
  }
  await writeStatus(options, ingress, conflicts.size > 0 ? describe(conflicts) : undefined, signal);
  return true;
}

function hasLoadBalancers({ status }: Ingress): boolean {
  const { publicLoadBalancer, privateLoadBalancer } = status ?? {};
  return deepEqual({ publicLoadBalancer, privateLoadBalancer }, loadBalancers);
}

function describe(conflicts: ReadonlyMap<string, string>): string {
  return [...conflicts].map(([host, owner]) => `${host} is served by Ingress ${owner}`).join('; ');
}

async function isServed(
  { table, knows, gateways, prober }: IngressStatusOptions,
  ingress: Ingress,
  key: string,
  signal: AbortSignal,
): Promise<boolean> {
  const compiled = table().ingresses.get(key);
  if (compiled?.generation !== (ingress.metadata.generation ?? 0) || !knows(compiled)) return false;
  const [hash, version] = [compiled.hash(), versionOf(compiled)];
  const probed = probedHosts(ingress);
  // What this gateway would answer, its own table tells.
  if (!probed.every(([listener, host]) => ingressAt(table(), listener, host) === compiled)) return false;
  const probes = (await gateways()).flatMap((addresses) =>
    probed.flatMap(([listener, host]) => {
      const gateway = addresses[listener];
      return gateway ? [{ gateway, host, hash, version }] : [];
    }),
  );
  const answers = await Promise.all(probes.map((probe) => prober.serves(probe, signal)));
  return answers.every(Boolean);
}

/** The Ingress that a request for this host would fall to. */
function ingressAt(table: RoutingTable, listener: Listener, host: string): CompiledIngress | undefined {
  const result = route(table, { host, listener, path: '/healthz', header: () => undefined });
  return result.kind === 'notFound' ? undefined : result.ingress;
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
