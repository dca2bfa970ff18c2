import { randomUUID } from 'node:crypto';
import { Activator, type ColdStart, attemptProbe } from '@ebb/activator';
import type { Revision } from '@ebb/api';
import { type Clock, messageOf } from '@ebb/base';
import { type Informer, createEventRecorder } from '@ebb/kube';
import { createInformers, followCluster } from './follow-cluster.ts';
import type { Gateway, GatewayOptions, PeerOptions } from './gateway-options.ts';
import type { RevisionSettings } from './http/data-plane.ts';
import type { ListenAddress } from './http/listen.ts';
import { type OpenDataPlane, openDataPlane } from './http/open-data-plane.ts';
import { ColdStartEvents } from './kubernetes/cold-start-events.ts';
import { PublicEdge } from './kubernetes/public-edge.ts';
import { defaultSettings } from './kubernetes/read-revision.ts';
import { ServiceBackends } from './kubernetes/service-backends.ts';
import { TableHolder } from './kubernetes/table-holder.ts';
import { expose } from './metrics/exposition.ts';
import { GatewayMetrics } from './metrics/gateway-metrics.ts';
import { emptyReport } from './metrics/metrics-report.ts';
import { RequestMetrics } from './metrics/request-metrics.ts';
import { revisionNames } from './metrics/revision-names.ts';
import { SlotSharing } from './peers/slot-sharing.ts';
import { MainLink } from './workers/main-link.ts';

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
  const metrics = new RequestMetrics((key) => settings.has(key));
  const services = new ServiceBackends({ ...options, activator, settings, metrics });
  const { certificate, externalPort: httpsPort } = https ?? {};
  const link = options.main && new MainLink(clock, options.main);
  const edge = new PublicEdge({
    ...options,
    counting: link?.rates,
    tls: https !== undefined,
    certificate,
    httpsPort,
    namesOf: (key) => revisionNames(informers.revisions, key),
    onSettings: ({ scheduler }) => activator.setScheduler(scheduler),
  });
  const told = new GatewayMetrics({
    requests: metrics,
    activator,
    revisions: informers.revisions,
    stats: options.deliveries ?? (() => emptyReport.stats),
  });
  let known = false;
  link?.tell({
    report: (what) => told.report(what),
    unknown: (revisionKeys) => (known ? revisionKeys.filter((key) => !settings.has(key)) : []),
  });
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
        proxySources: () => edge.settings.proxySources,
        isPeer: (address) => sharing?.hosts.has(address) ?? false,
        keepAliveMs: () => edge.settings.idleMs,
      },
      duties: () => edge.duties,
      table: () => holder.table,
      ready: () => known,
      metrics,
      settingsOf: (key, listener) => edge.capped(settings.get(key) ?? defaultSettings, listener),
    });
    ({ probe } = plane);
    const opened = plane;
    ready = informed.then(() => Promise.race([options.heard, after(clock, heardMs)])).then(() => opened.serve());
    ready.catch(() => {}); // whoever waits for it sees it
  } catch (error) {
    await edge[Symbol.asyncDispose]();
    await services[Symbol.asyncDispose]();
    await sharing?.[Symbol.asyncDispose]();
    link?.[Symbol.dispose]();
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
    metrics,
    plane,
    ready: informed,
    sharing,
    lending,
    edge,
    services,
  };
  const stopped = followCluster({ ...parts, ...signals }).catch((error: unknown) => {
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
      link?.[Symbol.dispose]();
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
    metrics: (out) => expose(told.report(), out),
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
