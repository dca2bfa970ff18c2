import { systemNamespace } from '@ebb/api';
import { type Reconciler, createEventRecorder, createReconciler } from '@ebb/kube';
import { CertificateKeeper } from './certificates/keeper.ts';
import { bundleOf } from './certificates/kept.ts';
import { type WebhookAddress, purposes } from './configurations.ts';
import { type Informers, onEvent, secretName } from './informers.ts';
import type { WebhookOptions } from './options.ts';
import { Registrar } from './registrar.ts';

export interface Upkeep {
  readonly keeper: CertificateKeeper;
  /** Its keys are the purposes, each a webhook configuration, and `certificates`. */
  readonly reconciler: Reconciler;
}

/** The Service of `deploy/` by which API servers call. */
const serviceName = 'webhook';
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const certificates = 'certificates';

/** What keeps the certificates good and the API servers told of them. */
export function createUpkeep(options: WebhookOptions, informers: Informers): Upkeep {
  const { client, clock, logger, random, url } = options;
  const address: WebhookAddress = url === undefined ? { service: serviceName } : { url };
  const bundle = (): string | undefined => keeper.kept && bundleOf(keeper.kept);
  const registrar = new Registrar({ client, informers, address, bundle, logger });
  const keeper = new CertificateKeeper({
    client,
    secrets: informers.secrets,
    namespace: systemNamespace,
    secretName,
    hosts: hostsOf(address),
    lifetimeMs: options.certificateLifetimeMs ?? 90 * dayMs,
    overlapMs: options.certificateOverlapMs ?? 10 * minuteMs,
    isTrusted: (ca) => registrar.isTrusted(ca),
    events: createEventRecorder(client, { component: 'ebb-webhook', clock, logger }),
    clock,
    logger,
  });
  const reconciler = createReconciler({
    name: 'webhook',
    clock,
    logger,
    random,
    reconcile: (key, { signal }) => {
      const purpose = purposes.find((each) => each === key);
      return purpose ? registrar.reconcile(purpose, signal) : keeper.reconcile(signal);
    },
  });
  return { keeper, reconciler };
}

/** Puts everything into the queue, and again what a change concerns, until disposed. */
export function watch(informers: Informers, reconciler: Reconciler): Disposable {
  const all = [certificates, ...purposes];
  const enqueue = (...keys: readonly string[]): void => keys.forEach((key) => reconciler.enqueue(key));
  enqueue(...all);
  const watches = [
    onEvent(informers.secrets, () => enqueue(...all)),
    ...purposes.map((purpose) => onEvent(informers[purpose], () => enqueue(purpose))),
  ];
  return { [Symbol.dispose]: () => watches.forEach((each) => each[Symbol.dispose]()) };
}

function hostsOf(address: WebhookAddress): readonly string[] {
  if ('url' in address) return [new URL(address.url).hostname.replace(/^\[|\]$/g, '')];
  const host = `${address.service}.${systemNamespace}.svc`;
  return [host, `${host}.cluster.local`];
}
