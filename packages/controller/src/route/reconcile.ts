import { type Ingress, type IngressSpec, type Route, keys, resources } from '@ebb/api';
import { type ConditionManager, conditionOf } from '@ebb/kube';
import { NotOwnedError, reconcileChild } from '../children.ts';
import type { Work } from '../context.ts';
import { firstOf, isDeleting } from '../metadata.ts';
import { type StatusDraft, conditionSets, reconcileStatus } from '../reconcile-status.ts';
import { groupTargets, statusTraffic } from './groups.ts';
import { DomainError, type GroupAddress, addressOf, clusterUrl, placeholderName } from './hosts.ts';
import { deleteStalePlaceholders, reconcilePlaceholders } from './placeholders.ts';
import { type AddressedGroup, makeIngress } from './resources/ingress.ts';
import { makeRollout } from './rollout.ts';
import { type ResolvedTarget, resolveTraffic } from './traffic.ts';

/** Turns the Route's traffic into an Ingress and tells where the Route is found (serving-api.md, section 19). */
export async function reconcileRoute(
  work: Work,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const route = work.informers.routes.get(namespace, name);
  if (!route || isDeleting(route)) return;
  await reconcileStatus(work, {
    resource: resources.routes,
    object: route,
    conditionSet: conditionSets.route,
    reconcile: (conditions, draft) => reconcileTraffic(work, route, conditions, draft),
  });
}

async function reconcileTraffic(
  work: Work,
  route: Route,
  conditions: ConditionManager,
  draft: StatusDraft<Route>,
): Promise<void> {
  if (route.metadata.generation !== route.status?.observedGeneration) markNotConfigured(conditions);
  const resolution = resolve(work, route);
  try {
    const own = locate(work, route, '');
    draft.url = own.url;
    draft.address = { url: clusterUrl(route) };
    // What flows goes on flowing: nothing but the conditions changes until all targets can take traffic.
    if (resolution.problem) return markProblem(conditions, resolution.problem);
    const groups = groupTargets(resolution.targets).map((group) => ({
      ...group,
      address: locate(work, route, group.tag),
    }));
    markCertificate(conditions, own);
    await reconcileGroups(work, route, { groups, targets: resolution.targets }, { conditions, draft });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    conditions.markFalse('AllTrafficAssigned', 'ErrorConfig', error.message);
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
  const hidden = (placeholder?.metadata.labels?.[keys.visibility] ?? '') !== '';
  return addressOf(route, { tag, hidden }, config.current);
}

interface Traffic {
  readonly groups: readonly AddressedGroup[];
  readonly targets: readonly ResolvedTarget[];
}

interface Report {
  readonly conditions: ConditionManager;
  readonly draft: StatusDraft<Route>;
}

async function reconcileGroups(
  work: Work,
  route: Route,
  { groups, targets }: Traffic,
  { conditions, draft }: Report,
): Promise<void> {
  conditions.markTrue('AllTrafficAssigned');
  try {
    await reconcilePlaceholders(work, route, groups);
    const ingress = await reconcileIngress(work, route, { groups, targets });
    copyReady(ingress, conditions);
    await deleteStalePlaceholders(work, route, groups);
  } catch (error) {
    if (error instanceof NotOwnedError) markNotOwned(conditions, error);
    throw error;
  }
  const urls = new Map(groups.map(({ tag, address }) => [tag, address.url]));
  draft.traffic = statusTraffic(targets, (tag) => urls.get(tag) ?? '');
}

function reconcileIngress(work: Work, route: Route, { groups, targets }: Traffic): Promise<Ingress> {
  const { informers, config } = work;
  const { network, features } = config.current;
  const options = {
    route,
    groups,
    ingressClass: firstOf(route.metadata.annotations, classSpellings) ?? network.ingressClass,
    httpOption: httpOptionOf(route, network.httpProtocol),
    tagHeaders: features['tag-header-based-routing'] === 'Enabled',
    rollout: makeRollout(targets),
  };
  return reconcileChild(
    work,
    { resource: resources.ingresses, informer: informers.ingresses },
    { parent: route, make: () => makeIngress(options) },
  );
}

const classSpellings = [keys.ingressClass, 'networking.knative.dev/ingress-class'];
const httpSpellings = ['networking.knative.dev/http-protocol', 'networking.knative.dev/httpOption'];

function httpOptionOf(
  route: Route,
  byDefault: 'Enabled' | 'Redirected' | 'Disabled',
): NonNullable<IngressSpec['httpOption']> {
  const asked = firstOf(route.metadata.annotations, httpSpellings)?.toLowerCase();
  if (asked === 'enabled') return 'Enabled';
  if (asked === 'redirected') return 'Redirected';
  return byDefault === 'Disabled' ? '' : byDefault;
}

/** What the gateways say counts only once they speak of this table. */
function copyReady({ metadata, status }: Ingress, conditions: ConditionManager): void {
  const ready = conditionOf(status, 'Ready');
  if (!ready || metadata.generation !== status?.observedGeneration) return markNotConfigured(conditions);
  if (ready.status === 'True') conditions.markTrue('IngressReady');
  else if (ready.status === 'False') conditions.markFalse('IngressReady', ready.reason ?? '', ready.message);
  else conditions.markUnknown('IngressReady', ready.reason, ready.message);
}

function markNotConfigured(conditions: ConditionManager): void {
  conditions.markUnknown('IngressReady', 'IngressNotConfigured', 'Ingress has not yet been reconciled.');
}

function markCertificate(conditions: ConditionManager, { public: isPublic }: GroupAddress): void {
  const message = isPublic ? 'external-domain-tls is not enabled' : 'TLS is not enabled for cluster-local';
  conditions.markTrue('CertificateProvisioned', 'TLSNotEnabled', message);
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
