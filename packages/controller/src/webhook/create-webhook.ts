import { setMaxListeners } from 'node:events';
import { type Secret, createAdmission } from '@ebb/api';
import { linkSignals, untilAborted } from '@ebb/base';
import type { Certificates } from '@ebb/base/certificates';
import type { Informer } from '@ebb/kube';
import { createConfigStore } from '../config-store.ts';
import type { CertificateKeeper } from './certificates/keeper.ts';
import { createHandler } from './handler.ts';
import { createInformers, onEvent } from './informers.ts';
import type { WebhookOptions } from './options.ts';
import { type WebhookServer, listen } from './server.ts';
import { createUpkeep, watch } from './upkeep.ts';

/** Admission for a real cluster. */
export interface Webhook {
  /**
   * Works until aborted; settles once everything it started has stopped. Rejects with `UserError` if it cannot listen. To be
   * called once.
   */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Resolves once it answers reviews, with the configuration in force. */
  readonly synced: Promise<void>;
  /** Where it listens; `undefined` before `synced`. */
  readonly address: { readonly host: string; readonly port: number } | undefined;
}

/**
 * The admission webhook: Knative's paths over HTTPS, with the functions by which the embedded API admits. It keeps its
 * certificate in the Secret `knative-serving/webhook-certs`, which replicas share, and tells API servers of it in the webhook
 * configurations.
 */
export function createWebhook(options: WebhookOptions): Webhook {
  const { client, clock, logger } = options;
  const config = createConfigStore(logger);
  const informers = createInformers(options);
  const { keeper, reconciler } = createUpkeep(options, informers);
  const admission = createAdmission(() => config.current);
  const handler = createHandler({ admission, client, clock, logger });
  let server: WebhookServer | undefined;
  let markSynced = (): void => {};
  const synced = new Promise<void>((resolve) => (markSynced = resolve));

  /** Answers as soon as there is a certificate, and shows each new one, until aborted. */
  const serve = async (signal: AbortSignal): Promise<void> => {
    const shown = await firstCertificates(keeper, informers.secrets, signal);
    if (!shown) return;
    await using listening = await listen({ ...options, shown, handler });
    using _shown = onEvent(informers.secrets, () => listening.show(keeper.kept?.current ?? shown));
    server = listening;
    logger.info(listening.address, 'answering admission reviews');
    markSynced();
    await untilAborted(signal);
  };
  const run: Webhook['run'] = async ({ signal }) => {
    using link = linkSignals(signal);
    setMaxListeners(0, link.signal); // one for each informer, and one for each call under way
    using _config = config.follow(informers.settings);
    using _watches = watch(informers, reconciler);
    const all: readonly Informer<never>[] = Object.values(informers);
    const informed = Promise.race([Promise.all(all.map((informer) => informer.synced)), untilAborted(link.signal)]);
    const tasks = [
      ...all.map((informer) => informer.run(link)),
      informed.then(() => reconciler.run(link)),
      informed.then(() => serve(link.signal)),
    ];
    try {
      await Promise.all(tasks);
    } finally {
      link.abort(new Error('a part of the webhook has failed'));
      await Promise.allSettled(tasks);
    }
  };
  return {
    run,
    synced,
    get address() {
      return server?.address;
    },
  };
}

/** What the Secret keeps as soon as that is good; `undefined` if aborted before. */
async function firstCertificates(
  keeper: CertificateKeeper,
  secrets: Informer<Secret>,
  signal: AbortSignal,
): Promise<Certificates | undefined> {
  let found = (): void => {};
  const good = new Promise<void>((resolve) => (found = resolve));
  const look = (): void => {
    if (keeper.kept) found();
  };
  using _look = onEvent(secrets, look);
  look();
  await Promise.race([good, untilAborted(signal)]);
  return keeper.kept?.current;
}
