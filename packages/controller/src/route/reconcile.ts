import { type Route, keys, resources } from '@ebb/api';
import type { ConditionManager, ReconcileResult } from '@ebb/kube';
import { NotOwnedError } from '../children.ts';
import type { Work } from '../context.ts';
import { markIngressNotConfigured } from '../ingress.ts';
import { isDeleting } from '../metadata.ts';
import { type StatusDraft, conditionSets, reconcileStatus } from '../reconcile-status.ts';
import { groupTargets, statusTraffic } from './groups.ts';
import { DomainError, type GroupAddress, addressOf, clusterUrl, placeholderName } from './hosts.ts';
import { findIngress, markIngress, planTraffic, reconcileIngress } from './ingress.ts';
import { deleteStalePlaceholders, reconcilePlaceholders } from './placeholders.ts';
import { untilNextStep } from './rollout/rollout.ts';
import { type ResolvedTarget, resolveTraffic } from './traffic.ts';

/** Turns the Route's traffic into an Ingress and tells where the Route is found (serving-api.md, section 19). */
export async function reconcileRoute(
  work: Work,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<ReconcileResult> {
  const route = work.informers.routes.get(namespace, name);
  if (!route || isDeleting(route)) return {};
  return reconcileStatus(work, {
    resource: resources.routes,
    object: route,
    conditionSet: conditionSets.route,
    patient: true,
    reconcile: (conditions, draft) => reconcileTraffic(work, route, conditions, draft),
  });
}

async function reconcileTraffic(
  work: Work,
  route: Route,
  conditions: ConditionManager,
  draft: StatusDraft<Route>,
): Promise<ReconcileResult> {
  if (route.metadata.generation !== route.status?.observedGeneration) markIngressNotConfigured(conditions);
  const resolution = resolve(work, route);
  try {
    const own = locate(work, route, '');
    draft.url = own.url;
    draft.address = { url: clusterUrl(route) };
    // What flows goes on flowing: nothing but the conditions changes until all targets can take traffic.
    if (resolution.problem) {
      markProblem(conditions, resolution.problem);
      return {};
    }
    conditions.markTrue('AllTrafficAssigned');
    markCertificate(work, own, conditions);
    return await direct(work, route, resolution.targets, { conditions, draft });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    conditions.markFalse('AllTrafficAssigned', 'ErrorConfig', error.message);
    return {};
  }
}

function resolve({ informers }: Work, route: Route): ReturnType<typeof resolveTraffic> {
  const { namespace } = route.metadata;
  return resolveTraffic(route, {
    configuration: (name) => informers.configurations.get(namespace, name),
    revision: (name) => informers.revisions.get(namespace, name),
  });
}

/** Where the targets of a tag are found, given what the label on their placeholder Service says. */
function locate({ informers, config }: Work, route: Route, tag: string): GroupAddress {
  const name = placeholderName(route, tag, config.current);
  const placeholder = informers.placeholders.get(route.metadata.namespace, name);
  const hidden = placeholder?.metadata.labels?.[keys.visibility] === 'cluster-local';
  return addressOf(route, { tag, hidden }, config.current);
}

interface Report {
  readonly conditions: ConditionManager;
  readonly draft: StatusDraft<Route>;
}

/** Sends the traffic to its targets, as far as a rollout has come by now. */
async function direct(
  work: Work,
  route: Route,
  targets: readonly ResolvedTarget[],
  { conditions, draft }: Report,
): Promise<ReconcileResult> {
  const traffic = planTraffic(work, route, targets);
  const groups = groupTargets(traffic).map((group) => ({ ...group, address: locate(work, route, group.tag) }));
  try {
    // Before the Ingress, so that a tag's name that another Route has is found out before anything is served under it.
    await reconcilePlaceholders(work, route, { groups, ingress: findIngress(work, route) });
    const ingress = await reconcileIngress(work, route, { groups, rollout: traffic.rollout });
    markIngress(ingress, traffic.rollout, conditions);
    await deleteStalePlaceholders(work, route, groups);
  } catch (error) {
    if (error instanceof NotOwnedError) markNotOwned(conditions, error);
    throw error;
  }
  const urls = new Map(groups.map(({ tag, address }) => [tag, address.url]));
  draft.traffic = statusTraffic(traffic, (tag) => urls.get(tag) ?? '');
  return { requeueAfterMs: untilNextStep(traffic.rollout, work.clock.now()) };
}

/** Nobody here makes certificates, and requests from inside the cluster come in the clear: who asks for more is told so. */
const tlsMessages = {
  public: {
    enabled:
      'external-domain-tls is Enabled, but no certificates are made: name one of your own in spec.tls of a DomainMapping',
    disabled: 'external-domain-tls is not enabled',
  },
  clusterLocal: {
    enabled: 'cluster-local-domain-tls is Enabled, but TLS inside the cluster is not supported',
    disabled: 'TLS is not enabled for cluster-local',
  },
} as const;

function markCertificate({ config }: Work, { public: isPublic }: GroupAddress, conditions: ConditionManager): void {
  const { externalDomainTLS, clusterLocalDomainTLS } = config.current.network;
  const isAskedFor = isPublic ? externalDomainTLS : clusterLocalDomainTLS;
  const messages = isPublic ? tlsMessages.public : tlsMessages.clusterLocal;
  conditions.markTrue('CertificateProvisioned', 'TLSNotEnabled', isAskedFor ? messages.enabled : messages.disabled);
}

function markProblem(
  conditions: ConditionManager,
  {
    status,
    reason,
    message,
  }: { readonly status: 'False' | 'Unknown'; readonly reason: string; readonly message: string },
): void {
  if (status === 'False') conditions.markFalse('AllTrafficAssigned', reason, message);
  else conditions.markUnknown('AllTrafficAssigned', reason, message);
}

function markNotOwned(conditions: ConditionManager, { kind, childName }: NotOwnedError): void {
  const what = kind === 'Service' ? 'placeholder Service' : kind;
  conditions.markFalse('IngressReady', 'NotOwned', `There is an existing ${what} "${childName}" that we do not own.`);
}
