import { type KubernetesObject, StatusError, type WatchEvent } from '@ebb/api';
import { type Call, type Machine, apiVersionOfInfo } from '../rest/call.ts';
import { parseSelection } from '../rest/list-options.ts';
import type { StorageEvent } from '../store/storage-event.ts';
import { resourceKey } from '../store/stored-pair.ts';
import { selectEvent } from '../watch/select-event.ts';

/** A watcher that leaves this many events lying has stopped reading; it is cut off, and will list again. */
const maxWaiting = 100_000;

/** The changes after `revision` that a call selects, until aborted. Throws `StatusError` (`Expired`) if some of them are gone. */
export async function* watchLocally<T extends KubernetesObject>(
  { storage }: Machine,
  call: Call,
  { revision, signal }: { readonly revision: number; readonly signal: AbortSignal },
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const selection = parseSelection(call);
  const cache = storage.watch(resourceKey(call.info));
  const apiVersion = apiVersionOfInfo(call.info);
  let waiting: WatchEvent<T>[] = [];
  let ended: Error | 'ended' | undefined;
  let wake: (() => void) | undefined;
  let seen = revision;
  const take = (event: StorageEvent): void => {
    if (event.revision <= seen) return;
    seen = event.revision;
    const selected = selectEvent(selection, event);
    if (!selected) return;
    waiting.push({ type: selected.type, object: selected.stored.as(apiVersion) as T });
    if (waiting.length > maxWaiting) ended = new StatusError('Expired', 'too many events wait for this watcher');
    wake?.();
  };
  for (const event of cache.since(revision)) take(event);
  const end = (): void => {
    ended ??= 'ended';
    wake?.();
  };
  using _subscription = cache.subscribe({ next: take, end });
  signal.addEventListener('abort', end, { once: true });
  try {
    while (!signal.aborted) {
      const events = waiting;
      waiting = [];
      yield* events;
      if (ended instanceof Error) throw ended;
      if (ended) return;
      if (waiting.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal.removeEventListener('abort', end);
  }
}
