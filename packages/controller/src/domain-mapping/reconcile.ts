import { type DomainMapping, type Ingress, resources } from '@ebb/api';
import type { ConditionManager, ReconcileResult } from '@ebb/kube';
import { NotOwnedError, reconcileChild } from '../children.ts';
import type { Work } from '../context.ts';
import { addFinalizer, removeFinalizer } from '../finalizers.ts';
import { copyIngressReady, markIngressNotConfigured } from '../ingress.ts';
import { isDeleting } from '../metadata.ts';
import { publicUrl } from '../public-url.ts';
import { type StatusDraft, conditionSets, reconcileStatus } from '../reconcile-status.ts';
import { claimDomain, releaseDomain } from './claim.ts';
import { ReferenceError, type Target, resolveReference } from './reference.ts';
import { makeIngress } from './resources.ts';

const finalizer = 'domainmappings.serving.knative.dev';

/** How often it is looked whether a Service of Kubernetes is there: those are not watched. */
const lookAgainMs = 30_000;

/** Serves what a DomainMapping refers to under its domain (serving-api.md, section 23). */
export async function reconcileDomainMapping(
  work: Work,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<ReconcileResult> {
  const known = work.informers.domainMappings.get(namespace, name);
  if (!known) return {};
  if (isDeleting(known)) {
    if (!known.metadata.finalizers?.includes(finalizer)) return {};
    await releaseDomain(work, known);
    await removeFinalizer(work, resources.domainMappings, known, finalizer);
    return {};
  }
  const mapping = await addFinalizer(work, resources.domainMappings, known, finalizer);
  return reconcileStatus(work, {
    resource: resources.domainMappings,
    object: mapping,
    conditionSet: conditionSets.domainMapping,
    reconcile: (conditions, draft) => reconcileMapping(work, mapping, conditions, draft),
  });
}

async function reconcileMapping(
  work: Work,
  mapping: DomainMapping,
  conditions: ConditionManager,
  draft: StatusDraft<DomainMapping>,
): Promise<ReconcileResult> {
  const { metadata, spec, status } = mapping;
  if (metadata.generation !== status?.observedGeneration) markIngressNotConfigured(conditions);
  const { network } = work.config.current;
  draft.url = publicUrl(metadata.name ?? '', network, spec.tls?.secretName ? 'https' : network.defaultExternalScheme);
  draft.address = { url: draft.url };
  if (!(await claimDomain(work, mapping, conditions))) return {};
  markCertificate(mapping, conditions);
  const again = spec.ref.apiVersion === 'v1' ? { requeueAfterMs: lookAgainMs } : {};
  const target = await findTarget(work, mapping, conditions);
  if (!target) return again;
  const ingress = await reconcileIngress(work, mapping, target, conditions);
  copyIngressReady(ingress, conditions);
  return again;
}

function markCertificate({ spec }: DomainMapping, conditions: ConditionManager): void {
  const { secretName } = spec.tls ?? {};
  if (secretName) {
    const message = `The certificate is the one in Secret "${secretName}".`;
    conditions.markTrue('CertificateProvisioned', 'CertificateExternallyProvided', message);
  } else {
    conditions.markTrue('CertificateProvisioned', 'TLSNotEnabled', 'external-domain-tls is not enabled');
  }
}

async function findTarget(
  work: Work,
  mapping: DomainMapping,
  conditions: ConditionManager,
): Promise<Target | undefined> {
  try {
    const target = await resolveReference(work, mapping);
    conditions.markTrue('ReferenceResolved');
    return target;
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    conditions.markFalse('ReferenceResolved', 'ResolveFailed', error.message);
    return undefined;
  }
}

async function reconcileIngress(
  work: Work,
  mapping: DomainMapping,
  target: Target,
  conditions: ConditionManager,
): Promise<Ingress> {
  try {
    return await reconcileChild(
      work,
      { resource: resources.ingresses, informer: work.informers.ingresses },
      { parent: mapping, make: () => makeIngress(mapping, target, work.config.current.network) },
    );
  } catch (error) {
    if (error instanceof NotOwnedError) {
      conditions.markFalse(
        'IngressReady',
        'NotOwned',
        `There is an existing Ingress "${error.childName}" that we do not own.`,
      );
    }
    throw error;
  }
}
