import { type ClusterDomainClaim, type DomainMapping, isAlreadyExists, isNotFound, resources } from '@ebb/api';
import type { ConditionManager } from '@ebb/kube';
import type { Work } from '../context.ts';

/**
 * Sees to it that the domain belongs to the DomainMapping's namespace, and says so in `DomainClaimed`. False if another
 * namespace has it, or if nobody has and it is not to be claimed without being asked.
 */
export async function claimDomain(work: Work, mapping: DomainMapping, conditions: ConditionManager): Promise<boolean> {
  const { name = '', namespace = '' } = mapping.metadata;
  const claim = await findOrCreate(work, mapping);
  if (claim?.spec.namespace === namespace) {
    conditions.markTrue('DomainClaimed');
    return true;
  }
  const message = claim
    ? `The domain name "${name}" is already in use by another namespace.`
    : `The domain name "${name}" is not claimed: create a ClusterDomainClaim "${name}" for namespace "${namespace}", or set autocreate-cluster-domain-claims in the ConfigMap config-network.`;
  conditions.markFalse('DomainClaimed', 'DomainAlreadyClaimed', message);
  return false;
}

async function findOrCreate(work: Work, { metadata }: DomainMapping): Promise<ClusterDomainClaim | undefined> {
  const { client, informers, config, signal } = work;
  const { name = '', namespace = '' } = metadata;
  const known = informers.clusterDomainClaims.get(undefined, name);
  if (known || !config.current.network.autocreateClusterDomainClaims) return known;
  const claim: ClusterDomainClaim = {
    apiVersion: 'networking.internal.knative.dev/v1alpha1',
    kind: 'ClusterDomainClaim',
    metadata: { name },
    spec: { namespace },
  };
  try {
    return await client.create(resources.clusterDomainClaims, claim, { signal });
  } catch (error) {
    if (isAlreadyExists(error)) return client.get(resources.clusterDomainClaims, { name }, { signal });
    throw error;
  }
}

/** Gives the domain back, where claims are made without being asked: it is free for others then. */
export async function releaseDomain(work: Work, { metadata }: DomainMapping): Promise<void> {
  const { client, informers, config, signal } = work;
  const { name = '', namespace } = metadata;
  const claim = informers.clusterDomainClaims.get(undefined, name);
  if (!claim || claim.spec.namespace !== namespace || !config.current.network.autocreateClusterDomainClaims) return;
  const { uid = '' } = claim.metadata;
  try {
    await client.delete(resources.clusterDomainClaims, { name }, { preconditions: { uid }, signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
