import { setMaxListeners } from 'node:events';
import { type Clock, type Logger, linkSignals, untilAborted } from '@ebb/base';
import { type Informer, type KubeClient, createEventRecorder } from '@ebb/kube';
import { createConfigStore } from './config-store.ts';
import { createConfigurationController } from './configuration/controller.ts';
import type { Context, Controller } from './context.ts';
import { createDomainMappingController } from './domain-mapping/controller.ts';
import { createGcController } from './gc/controller.ts';
import { createInformers } from './informers.ts';
import { createHorizontalPodAutoscalerController } from './horizontal-pod-autoscaler/controller.ts';
import { createLabelerController } from './labeler/controller.ts';
import { OwnWrites } from './own-writes.ts';
import { createRevisionController } from './revision/controller.ts';
import { createRouteController } from './route/controller.ts';
import { createServiceController } from './service/controller.ts';

export interface ControllersOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** From 0 to below 1; spreads retries. */
  readonly random: () => number;
  /**
   * The image by its digest (`name@sha256:…`), asked once for each Revision, whose instances all run that one; `undefined`
   * leaves an image to its tag. Default: all are.
   */
  readonly digestOf?: ((image: string) => string | undefined) | undefined;
}

export interface Controllers {
  /** Works until aborted; settles once everything it started has stopped. To be called once. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
  /** Resolves once every informer has taken in its first list: from then on nothing waits unseen. */
  readonly synced: Promise<void>;
}

/**
 * The controllers of Service, Configuration, Revision, Route and DomainMapping, the labeler and the garbage collector, over
 * one informer a resource. They write nothing that is right already.
 */
export function createControllers(options: ControllersOptions): Controllers {
  const { client, clock, logger } = options;
  const events = createEventRecorder(client, { component: 'ebb-controller', clock, logger });
  const config = createConfigStore(logger, events);
  const ownWrites = new OwnWrites(clock);
  const informers = createInformers(client, ownWrites, options);
  const context: Context = { ...options, client: ownWrites.through(client), informers, ownWrites, config, events };
  const controllers = [
    createServiceController(context),
    createConfigurationController(context),
    createRevisionController(context),
    createHorizontalPodAutoscalerController(context),
    createRouteController(context),
    createDomainMappingController(context),
    createLabelerController(context),
    createGcController(context),
  ];
  const all: readonly Informer<never>[] = Object.values(informers);
  const synced = Promise.all(all.map((informer) => informer.synced)).then(() => {});
  const run: Controllers['run'] = async ({ signal }) => {
    using link = linkSignals(signal);
    // A listener for each informer, each reconciler and each call under way: many, but no leak.
    setMaxListeners(0, link.signal);
    using _config = config.follow(informers.configMaps);
    using _watches = watch(controllers);
    const informing = all.map((informer) => informer.run(link));
    const reconciling = Promise.race([synced, untilAborted(link.signal)]).then(() =>
      Promise.all(controllers.map(({ reconciler }) => reconciler.run(link))),
    );
    const tasks = [...informing, reconciling];
    try {
      await Promise.all(tasks);
    } finally {
      link.abort(new Error('a part of the controllers has failed'));
      await Promise.allSettled(tasks);
    }
  };
  return { run, synced };
}

/** Puts the keys that changes call for into the queues, until disposed. */
function watch(controllers: readonly Controller[]): Disposable {
  const watches = controllers.map(({ keys: wanted, reconciler }) => wanted.subscribe((key) => reconciler.enqueue(key)));
  return {
    [Symbol.dispose]: () => {
      for (const subscription of watches) subscription.unsubscribe();
    },
  };
}
