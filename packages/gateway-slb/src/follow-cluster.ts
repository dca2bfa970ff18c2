import type { Activator, Address } from '@ebb/activator';
import { type Ingress, type Pod, type Revision, keyOf, keys, resources, systemNamespace } from '@ebb/api';
import { type Clock, untilAborted } from '@ebb/base';
import { type Informer, type InformerEvent, type Presence, createInformer, createPresence } from '@ebb/kube';
import { Subscription } from 'rxjs';
import type { GatewayOptions } from './gateway-options.ts';
import type { RevisionSettings } from './http/data-plane.ts';
import type { ListenAddress } from './http/listen.ts';
import type { OpenDataPlane } from './http/open-data-plane.ts';
import { GatewayDirectory } from './kubernetes/gateway-directory.ts';
import { type GatewayAddresses, annotateAddresses, gatewayLabel, gatewayLease } from './kubernetes/gateway-lease.ts';
import { PodSightings } from './kubernetes/pod-sightings.ts';
import type { PublicEdge } from './kubernetes/public-edge.ts';
import { readPod, revisionKeyOf } from './kubernetes/read-pod.ts';
import { readConfig, readSettings } from './kubernetes/read-revision.ts';
import type { ServiceBackends } from './kubernetes/service-backends.ts';
import { StatusWriter } from './kubernetes/status-writer.ts';
import type { TableHolder } from './kubernetes/table-holder.ts';
import type { RequestMetrics } from './metrics/request-metrics.ts';
import type { SlotSharing } from './peers/slot-sharing.ts';

/** What a gateway watches. */
export interface Informers {
  readonly ingresses: Informer<Ingress>;
  readonly revisions: Informer<Revision>;
  readonly pods: Informer<Pod>;
}

export function createInformers({ client, clock, logger, random }: GatewayOptions): Informers {
  const common = { clock, logger, random };
  return {
    ingresses: createInformer(client, resources.ingresses, common),
    revisions: createInformer(client, resources.revisions, common),
    pods: createInformer(client, resources.pods, { ...common, labelSelector: keys.revision }),
  };
}

/** A gateway's parts, and what ends the work of each. */
export interface Following {
  readonly edge: PublicEdge;
  readonly services: ServiceBackends;
  readonly options: GatewayOptions;
  readonly informers: Informers;
  readonly activator: Activator;
  readonly holder: TableHolder;
  readonly settings: Map<string, RevisionSettings>;
  readonly metrics: RequestMetrics;
  readonly plane: OpenDataPlane;
  /** Resolves when all Ingresses, Revisions and Pods are known. */
  readonly ready: Promise<void>;
  readonly signal: AbortSignal;
  readonly sharing: SlotSharing | undefined;
  /** Where it lends slots. */
  readonly lending: ListenAddress | undefined;
  /** Aborts first: from then on no other gateway waits for this one, nor does this one write what all serve. */
  readonly leaving: AbortSignal;
  /** Aborts when no request is left, here or on a slot of this gateway. */
  readonly gone: AbortSignal;
}

/** Keeps the data plane in step with Kubernetes until aborted. */
export async function followCluster(following: Following): Promise<void> {
  const {
    options,
    informers,
    activator,
    holder,
    settings,
    plane,
    ready,
    sharing,
    edge,
    services,
    signal,
    leaving,
    gone,
  } = following;
  const { client, clock, logger, random } = options;
  const { ingresses, revisions, pods } = informers;
  const own: GatewayAddresses = advertised(options, plane);
  const presence = options.peers ? announce(following, own) : undefined;
  const directory = new GatewayDirectory({ client, clock, logger, except: gatewayLease(options.name) });
  const status = new StatusWriter({
    client,
    clock,
    logger,
    random,
    ingresses,
    table: () => holder.table,
    knows: (ingress) => edge.knows(ingress) && services.knows(ingress),
    gateways: async () => (presence ? directory.alive() : []),
    lease: options.peers && { identity: options.name, timing: options.peers.timing },
  });
  // Informers call these before anything else hears of a change, so the table holds an Ingress before its status is looked at.
  const subscriptions = new Subscription();
  subscriptions.add(
    ingresses.events.subscribe((event) => {
      const affected = holder.take(event);
      const key = keyOf(event.object);
      const compiled = holder.table.ingresses.get(key);
      edge.setIngress(event.object, compiled);
      services.setIngress(key, compiled);
      for (const one of affected) status.enqueue(one);
    }),
  );
  subscriptions.add(
    revisions.events.subscribe((event) => {
      takeRevision(activator, settings, event);
      if (event.type === 'deleted') following.metrics.forget(keyOf(event.object));
    }),
  );
  const sightings = new PodSightings();
  subscriptions.add(pods.events.subscribe((event) => takePod({ activator, plane, sightings, clock }, event)));
  const announcing = presence?.run({ signal: gone });
  const sharingSlots = presence && sharing?.run(presence, { signal });
  // Others wait for this gateway from then on, so what is read later holds all that became Ready without it.
  if (presence) await Promise.race([presence.announced, untilAborted(leaving)]);
  const informing = [revisions, pods, ingresses].map((informer) => informer.run({ signal }));
  const writing = Promise.race([ready, untilAborted(leaving)]).then(() => status.run({ signal: leaving }));
  await Promise.all([announcing, sharingSlots, writing, ...informing]);
  subscriptions.unsubscribe();
}

/** Where others find this gateway's listeners. */
function advertised({ peers }: GatewayOptions, plane: OpenDataPlane): GatewayAddresses {
  const { public: publicAddress, private: privateAddress } = plane.own ?? {
    public: plane.publicAddress,
    private: plane.privateAddress,
  };
  // One that listens elsewhere than for the world is found there.
  const at = ({ host, port }: ListenAddress): ListenAddress => ({
    host: host === publicAddress.host ? (peers?.advertise ?? host) : host,
    port,
  });
  return { public: at(publicAddress), ...(privateAddress ? { private: at(privateAddress) } : {}) };
}

function announce({ options, sharing, lending }: Following, own: GatewayAddresses): Presence {
  const { client, clock, logger, name, peers } = options;
  const shares = lending && sharing?.annotations({ host: peers?.advertise ?? lending.host, port: lending.port });
  return createPresence({
    client,
    clock,
    logger,
    namespace: systemNamespace,
    name: gatewayLease(name),
    identity: name,
    durationSeconds: peers?.leaseDurationSeconds,
    labels: gatewayLabel,
    annotations: { ...annotateAddresses(own), ...shares },
  });
}

function takeRevision(
  activator: Activator,
  settings: Map<string, RevisionSettings>,
  { type, object }: InformerEvent<Revision>,
): void {
  const key = keyOf(object);
  if (type === 'deleted') {
    settings.delete(key);
    activator.deleteRevision(key);
  } else {
    settings.set(key, readSettings(object));
    activator.setRevision(key, readConfig(object));
  }
}

interface PodTaking {
  readonly activator: Activator;
  readonly plane: OpenDataPlane;
  readonly sightings: PodSightings;
  readonly clock: Clock;
}

function takePod({ activator, plane, sightings, clock }: PodTaking, { type, object }: InformerEvent<Pod>): void {
  const revisionKey = revisionKeyOf(object);
  const state = readPod(object);
  if (!revisionKey) return;
  if (type === 'deleted') {
    sightings.forget(object);
    activator.deletePod(revisionKey, object.metadata.name ?? '');
    return;
  }
  const times = sightings.see(object, clock.now());
  if (state && !isOwn(plane, state.address)) activator.setPod(revisionKey, { ...state, times });
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/**
 * True for an address on which this gateway itself listens. Where pods share its host, one whose real port is not known yet may
 * seem to be there, and requests would go round in circles.
 */
function isOwn({ publicAddress, privateAddress, own }: OpenDataPlane, { host, port }: Address): boolean {
  return [publicAddress, privateAddress, own?.public, own?.private].some(
    (at) => at?.port === port && (at.host === host || loopback.has(host)),
  );
}
