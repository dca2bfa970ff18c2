import { type Ingress, type Route, childName, keys, parseGoDuration, protocolOf, resources } from '@ebb/api';
import { type ConditionManager, controllerOf } from '@ebb/kube';
import { reconcileChild } from '../children.ts';
import type { Work } from '../context.ts';
import { copyIngressReady, isServed } from '../ingress.ts';
import { firstOf, rolloutSpellings } from '../metadata.ts';
import type { Traffic } from './groups.ts';
import { type AddressedGroup, makeIngress } from './resources/ingress.ts';
import { advanceRollout } from './rollout/advance.ts';
import { parseRollout } from './rollout/annotation.ts';
import { type Rollout, isDone, makeRollout } from './rollout/rollout.ts';
import type { ResolvedTarget } from './traffic.ts';

/** The Route's Ingress, as far as it is there and the Route's own. */
export function findIngress({ informers }: Work, { metadata }: Route): Ingress | undefined {
  const ingress = informers.ingresses.get(metadata.namespace, childName(metadata.name ?? '', ''));
  return ingress && controllerOf(ingress)?.uid === metadata.uid ? ingress : undefined;
}

/** Where the Route's traffic is to go by now, given how far a gradual rollout has come (serving-api.md, section 20). */
export function planTraffic(work: Work, route: Route, targets: readonly ResolvedTarget[]): Traffic {
  const { informers, config, clock } = work;
  const { namespace } = route.metadata;
  const ingress = findIngress(work, route);
  const asked = parseGoDuration(firstOf(route.metadata.annotations, rolloutSpellings) ?? '');
  const rollout = advanceRollout(makeRollout(targets), parseRollout(ingress?.metadata.annotations?.[keys.rollout]), {
    now: clock.now(),
    durationMs: asked || config.current.network.rolloutDurationMs,
    ingressReady: ingress !== undefined && isServed(ingress),
    exists: (name) => informers.revisions.get(namespace, name) !== undefined,
  });
  const protocols = new Map(targets.map(({ revisionName, protocol }) => [revisionName, protocol]));
  return {
    targets,
    rollout,
    protocolOf: (name) => {
      const revision = informers.revisions.get(namespace, name);
      return protocols.get(name) ?? (revision ? protocolOf(revision.spec) : 'http1');
    },
  };
}

/** Creates the Route's Ingress or makes it right. */
export function reconcileIngress(
  work: Work,
  route: Route,
  { groups, rollout }: { readonly groups: readonly AddressedGroup[]; readonly rollout: Rollout },
): Promise<Ingress> {
  const { network, features } = work.config.current;
  const tagHeaders = features['tag-header-based-routing'] === 'Enabled';
  return reconcileChild(
    work,
    { resource: resources.ingresses, informer: work.informers.ingresses },
    { parent: route, make: () => makeIngress({ route, groups, network, tagHeaders, rollout }) },
  );
}

/** Whether the Ingress is served; while traffic still moves, that it does (serving-api.md, sections 19.5 and 20). */
export function markIngress(ingress: Ingress, rollout: Rollout, conditions: ConditionManager): void {
  if (isDone(rollout)) return copyIngressReady(ingress, conditions);
  const message = 'Traffic is moving to the latest ready Revision step by step: a gradual rollout is in progress.';
  conditions.markUnknown('IngressReady', 'RolloutInProgress', message);
}
