import { type Lease, isAlreadyExists, isConflict, isNotFound, resources, type KubeClient } from '@ebb/api';
import { type Clock, type Logger, linkSignals, messageOf } from '@ebb/base';
import { toMicroTime } from './micro-time.ts';

export interface PresenceOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** Name of the Lease: nobody else's. */
  readonly name: string;
  /** Who is there. */
  readonly identity: string;
  /** How long others count on it after its last sign of life. Renewed three times as often. Default 10. */
  readonly durationSeconds?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** What it says of itself: an address, say. */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Tells others by a Lease that somebody is there. */
export interface Presence {
  /** Resolves when the Lease has been written for the first time. */
  readonly announced: Promise<void>;
  /** Says more, or something else, of itself: written at once, and with each renewal. */
  annotate(annotations: Readonly<Record<string, string>>): void;
  /** Renews the Lease until aborted, then deletes it. Failures are logged and tried again; never rejects. */
  run(options: { readonly signal: AbortSignal }): Promise<void>;
}

/** Longest the end waits for the Lease to be deleted; without that it runs out. */
const deleteMs = 5000;
const retryMs = 500;

/** A Lease of one's own; nothing is written until `run`. */
export function createPresence(options: PresenceOptions): Presence {
  const { client, namespace, name, identity, labels, durationSeconds = 10, clock, logger } = options;
  let { annotations } = options;
  let isNew = false;
  let wake = (): void => {};
  const key = { namespace, name };
  let markAnnounced = (): void => {};
  const announced = new Promise<void>((resolve) => (markAnnounced = resolve));

  const write = async (signal: AbortSignal): Promise<void> => {
    const metadata = { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: durationSeconds,
      renewTime: toMicroTime(clock.now()),
    };
    try {
      await client.patch(resources.leases, key, { type: 'merge', body: { metadata, spec } }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const lease: Lease = { metadata: { ...metadata, ...key }, spec };
      await client.create(resources.leases, lease, { signal }).catch((failure: unknown) => {
        if (!isAlreadyExists(failure)) throw failure; // made meanwhile: the next turn renews it
      });
    }
  };

  const removeOnce = async (signal: AbortSignal): Promise<void> => {
    const lease = await client.get(resources.leases, key, { signal });
    if (lease.spec?.holderIdentity !== identity) return;
    const { uid, resourceVersion } = lease.metadata;
    await client.delete(resources.leases, key, { signal, preconditions: { uid, resourceVersion } });
  };

  const remove = async (): Promise<void> => {
    using link = linkSignals();
    const { signal } = link;
    using _limit = clock.after(deleteMs, () => link.abort(new Error(`no answer within ${deleteMs} ms`)));
    try {
      await removeOnce(signal).catch((error: unknown) => {
        if (!isConflict(error)) throw error;
        // A renewal that was broken off may have come through all the same.
        return removeOnce(signal);
      });
    } catch (error) {
      if (!isNotFound(error)) logger.warn({ lease: name, error: messageOf(error) }, 'the lease could not be deleted');
    }
  };

  const run = async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
    while (!signal.aborted) {
      let waitMs = (durationSeconds * 1000) / 3;
      isNew = false;
      try {
        await write(signal);
        markAnnounced();
      } catch (error) {
        if (signal.aborted) break;
        logger.warn({ lease: name, error: messageOf(error) }, 'the lease could not be renewed');
        waitMs = retryMs;
      }
      using link = linkSignals(signal);
      wake = () => link.abort(new Error('there is more to say'));
      // Aborted: there is something new, or the loop ends.
      if (!isNew || waitMs === retryMs) await clock.sleep(waitMs, link).catch(() => {});
      wake = () => {};
    }
    await remove();
  };
  const annotate = (more: Readonly<Record<string, string>>): void => {
    annotations = { ...annotations, ...more };
    isNew = true;
    wake();
  };
  return { announced, annotate, run };
}
