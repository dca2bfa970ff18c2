import type { CoreEvent } from '@ebb/api';
import type { Clock } from '@ebb/base';
import type { Storage } from '../store/storage.ts';

const maxAgeMs = 3600_000;
const checkEveryMs = 60_000;
/** Bound on events kept, whatever their age. */
const maxEvents = 10_000;

/** Drops events an hour after they were last seen, and the oldest ones when there are too many; until disposed. */
export function expireEvents(storage: Storage, clock: Clock): Disposable {
  return clock.every(checkEveryMs, () => {
    const events = storage.table('events').list();
    const oldest = clock.now() - maxAgeMs;
    const tooMany = Math.max(0, events.length - maxEvents);
    const byAge = tooMany > 0 ? events.toSorted((a, b) => a.revision - b.revision) : events;
    byAge.forEach(({ namespace, name, object }, index) => {
      if (index < tooMany || lastSeenMs(object as CoreEvent) < oldest) storage.remove('events', namespace, name);
    });
  });
}

function lastSeenMs({ lastTimestamp, eventTime, metadata }: CoreEvent): number {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  const seen = Date.parse(lastTimestamp ?? eventTime ?? '');
  return Math.max(created, Number.isNaN(seen) ? 0 : seen);
}
