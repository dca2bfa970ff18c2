import { randomUUID } from 'node:crypto';
import { Activator, type ActivatorLimits, type Address, type ColdStart, attemptProbe } from '@ebb/activator';
import {
  type Ingress,
  type Pod,
  type Revision,
  type StatSink,
  keyOf,
  keys,
  resources,
  systemNamespace,
} from '@ebb/api';
import { type Clock, type Logger, messageOf, untilAborted } from '@ebb/base';
import {
  type Informer,
  type InformerEvent,
  type KubeClient,
  type LeaseTiming,
  type Presence,
  createEventRecorder,
  createInformer,
  createPresence,
} from '@ebb/kube';
import { Subscription } from 'rxjs';
import type { RevisionSettings } from './http/data-plane.ts';
import type { KeyPair } from './edge/certificate.ts';
import type { HttpLimits, ListenAddress } from './http/listen.ts';
import { type OpenDataPlane, type OwnListeners, openDataPlane } from './http/open-data-plane.ts';
import { ColdStartEvents } from './kubernetes/cold-start-events.ts';
import { GatewayDirectory } from './kubernetes/gateway-directory.ts';
import { type GatewayAddresses, annotateAddresses, gatewayLabel, gatewayLease } from './kubernetes/gateway-lease.ts';
import { PodSightings } from './kubernetes/pod-sightings.ts';
import { readPod, revisionKeyOf } from './kubernetes/read-pod.ts';
import { defaultSettings, readConfig, readSettings } from './kubernetes/read-revision.ts';
import { PublicEdge } from './kubernetes/public-edge.ts';
import { ServiceBackends } from './kubernetes/service-backends.ts';
import { StatusWriter } from './kubernetes/status-writer.ts';
import { TableHolder } from './kubernetes/table-holder.ts';
import { SlotSharing } from './peers/slot-sharing.ts';

/** How several gateways of one cluster know of each other. */
export interface PeerOptions {
  /** Host or address at which the others reach this one. */
  readonly advertise: string;
  /** How long a gateway that has died holds up what becomes Ready, in seconds. Default 10. */
  readonly leaseDurationSeconds?: number | undefined;
  /**
   * With what they prove themselves to each other when one needs slots of a pod that another has. Without it, or while undefined,
   * none lends any.
   */
  readonly token?: (() => string | undefined) | undefined;
  /** Where this one lends slots; port 0 takes any. Default: any port, at the host of the private listener, or of the public one. */
  readonly lending?: ListenAddress | undefined;
  /** Of the Lease by which one of them writes the status of Ingresses. */
  readonly timing?: Partial<LeaseTiming> | undefined;
}

export interface HttpsOptions extends ListenAddress {
  /** Shown for hosts that have none. Default: that of the Secret `knative-serving/ebb-gateway-certificate`. */
  readonly certificate?: KeyPair | undefined;
  /** Where clients reach it, for redirects. Default 443. */
  readonly externalPort?: number | undefined;
}

export interface GatewayOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  /** Under which it reports to the autoscaler and announces itself; no two gateways may have the same. */
  readonly name: string;
  /** Where there may be other gateways. Without it, this is the only one, and takes no Lease. */
  readonly peers?: PeerOptions | undefined;
  /** Port 0 takes any. Without a private listener, cluster-local hosts are not served. */
  readonly listeners: {
    readonly public: ListenAddress;
    readonly private?: ListenAddress | undefined;
    /**
     * What this gateway alone listens on, where it is one of several workers that share the other listeners (node:cluster): others must
     * be able to ask just this one.
     */
    readonly own?: OwnListeners | undefined;
    /** For the world over TLS. Without it, no Secret is read. */
    readonly https?: HttpsOptions | undefined;
  };
  readonly sendStats: StatSink;
  /**
   * Resolves when the autoscaler has heard of this gateway. Waited for before it is ready, three seconds at most: until then a pod it uses might
   * be taken for idle.
   */
  readonly heard?: Promise<void> | undefined;
  readonly limits?: (Partial<HttpLimits> & Partial<ActivatorLimits>) | undefined;
  /** Default `cluster.local`. */
  readonly clusterDomain?: string | undefined;
}

/** A gateway that takes requests. */
export interface Gateway extends AsyncDisposable {
  readonly publicAddress: ListenAddress;
  readonly privateAddress: ListenAddress | undefined;
  readonly httpsAddress: ListenAddress | undefined;
  /** Resolves once it knows all Ingresses, Revisions and Pods. Until then a host it does not know gets 503, not 404. */
  readonly ready: Promise<void>;
  /** Takes no new connection, waits until all requests are answered, at most `graceMs`, and ends. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** What requests under way are given when the gateway is disposed of rather than closed. */
const disposeGraceMs = 1000;

/** Longest a gateway waits until the autoscaler has heard of it. */
const heardMs = 3000;

/** Longest a gateway that goes waits for others to account for slots it has lent: after that they count as dead themselves. */
const returnMs = 15_000;

/**
 * Opens a gateway: routing from Ingresses, instances from Revisions and Pods, status of Ingresses. Listens at once. Rejects with a `UserError`, the system's error (with
 * `code`, as `EADDRINUSE`) as its cause, if it cannot listen.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { clock, logger, random, name, sendStats, listeners, limits, clusterDomain } = options;
  const sharing = options.peers && createSharing(options, options.peers);
  const informers = createInformers(options);
  const onColdStart = tellColdStarts(options, informers.revisions);
  let probe = attemptProbe;
  const activator = new Activator({
    clock,
    logger,
    random,
    gateway: name,
    sendStats: ({ revisions, ...report }) => sendStats({ ...report, revisions: revisions.filter(isRevision) }),
    limits,
    attempt: (...args) => probe(...args),
    onColdStart,
    sharing,
  });
  sharing?.attach(activator);
  const { https } = listeners;
  const holder = new TableHolder({ random, clusterDomain, httpsPort: https?.externalPort });
  const settings = new Map<string, RevisionSettings>();
  const services = new ServiceBackends({ ...options, activator, settings });
  const { certificate, externalPort: httpsPort } = https ?? {};
  const edge = new PublicEdge({ ...options, tls: https !== undefined, certificate, httpsPort });
  let known = false;
  const informed = Promise.all(Object.values(informers).map(({ synced }: { synced: Promise<void> }) => synced)).then(
    () => {
      known = true;
    },
  );
  let plane: OpenDataPlane;
  let ready: Promise<void>;
  let lending: ListenAddress | undefined;
  try {
    const { host } = listeners.public;
    lending = await sharing?.listen(options.peers?.lending ?? { host, port: 0 });
    plane = await openDataPlane({
      clock,
      logger,
      activator,
      limits,
      listeners: {
        ...listeners,
        https: https && { ...https, tls: { certificates: edge.certificates, settings: () => edge.tls } },
      },
      edge: {
        access: () => edge.settings.access,
        proxyProtocol: () => edge.settings.proxyProtocol,
        isPeer: (address) => sharing?.hosts.has(address) ?? false,
        keepAliveMs: () => edge.settings.idleMs,
      },
      duties: () => edge.duties,
      table: () => holder.table,
      ready: () => known,
      settingsOf: (key) => edge.capped(settings.get(key) ?? defaultSettings),
    });
    ({ probe } = plane);
    const opened = plane;
    ready = informed.then(() => Promise.race([options.heard, after(clock, heardMs)])).then(() => opened.serve());
    ready.catch(() => {}); // whoever waits for it sees it
  } catch (error) {
    await edge[Symbol.asyncDispose]();
    await services[Symbol.asyncDispose]();
    await sharing?.[Symbol.asyncDispose]();
    activator[Symbol.dispose]();
    throw error;
  }
  const stop = new AbortController();
  const leave = new AbortController();
  const go = new AbortController();
  const signals = { signal: stop.signal, leaving: leave.signal, gone: go.signal };
  const parts = {
    options,
    informers,
    activator,
    holder,
    settings,
    plane,
    ready: informed,
    sharing,
    lending,
    edge,
    services,
  };
  const stopped = watch({ ...parts, ...signals }).catch((error: unknown) => {
    logger.error({ error: messageOf(error) }, 'the gateway no longer hears of changes');
  });
  let closing: Promise<void> | undefined;
  const close = ({ graceMs }: { readonly graceMs: number }): Promise<void> => {
    closing ??= (async () => {
      const closed = plane.close({ graceMs });
      leave.abort();
      sharing?.leave();
      await closed;
      await sharing?.returned(Math.min(graceMs, returnMs));
      go.abort();
      stop.abort();
      await stopped;
      await edge[Symbol.asyncDispose]();
      await services[Symbol.asyncDispose]();
      await sharing?.[Symbol.asyncDispose]();
      activator[Symbol.dispose]();
    })();
    return closing;
  };
  const { publicAddress, privateAddress, httpsAddress } = plane;
  return {
    publicAddress,
    privateAddress,
    httpsAddress,
    ready,
    close,
    [Symbol.asyncDispose]: () => close({ graceMs: disposeGraceMs }),
  };
}

/** Plain Services are served like revisions, but nobody scales them: their names have a port. */
const isRevision = ({ name }: { readonly name: string }): boolean => !name.includes(':');

/** Does not keep the process alive. */
function after(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** Tells of cold starts by Events. */
function tellColdStarts(
  { client, clock, logger, name }: GatewayOptions,
  revisions: Informer<Revision>,
): (coldStart: ColdStart) => void {
  const recorder = createEventRecorder(client, { component: 'gateway', clock, logger });
  const events = new ColdStartEvents(recorder, name, clock);
  return (coldStart) => {
    const [namespace, revision = ''] = coldStart.revision.split('/');
    const object = revisions.get(namespace, revision);
    if (object) events.tell(object, coldStart);
  };
}

function createSharing({ client, clock, logger, name }: GatewayOptions, { token }: PeerOptions): SlotSharing {
  return new SlotSharing({ client, clock, logger, name, life: randomUUID(), token: token ?? (() => undefined) });
}

interface Informers {
  readonly ingresses: Informer<Ingress>;
  readonly revisions: Informer<Revision>;
  readonly pods: Informer<Pod>;
}

function createInformers({ client, clock, logger, random }: GatewayOptions): Informers {
  const common = { clock, logger, random };
  return {
    ingresses: createInformer(client, resources.ingresses, common),
    revisions: createInformer(client, resources.revisions, common),
    pods: createInformer(client, resources.pods, { ...common, labelSelector: keys.revision }),
  };
}

interface Watching {
  readonly edge: PublicEdge;
  readonly services: ServiceBackends;
  readonly options: GatewayOptions;
  readonly informers: Informers;
  readonly activator: Activator;
  readonly holder: TableHolder;
  readonly settings: Map<string, RevisionSettings>;
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
async function watch(watching: Watching): Promise<void> {
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
  } = watching;
  const { client, clock, logger, random } = options;
  const { ingresses, revisions, pods } = informers;
  const own: GatewayAddresses = advertised(options, plane);
  const presence = options.peers ? announce(watching, own) : undefined;
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
  subscriptions.add(revisions.events.subscribe((event) => takeRevision(activator, settings, event)));
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

function announce({ options, sharing, lending }: Watching, own: GatewayAddresses): Presence {
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
