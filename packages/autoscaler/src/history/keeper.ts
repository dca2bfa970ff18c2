import { type ConfigMap, type OwnerReference, isNotFound, keys, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import { decodePeaks, encodePeaks } from './encode.ts';
import { LoadHistory } from './load-history.ts';

export interface HistoryKeeperOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Whose load is recorded. */
export interface HistoryOwner {
  readonly namespace: string;
  /** Of the Configuration. */
  readonly name: string;
  /** With which the record goes; none: it stays. */
  readonly reference: () => OwnerReference | undefined;
}

/** A history is written no more often than this; one of a time without load more seldom still. */
const periodMs = 600_000;
const idlePeriodMs = 3_600_000;
/** So many are written in a round, the longest unwritten first. */
const mostWrites = 4;
const minuteMs = 60_000;
/** What a ConfigMap of a history has. */
const untilKey = 'until';
const peaksKey = 'peaks';

interface Entry {
  readonly history: LoadHistory;
  owner: HistoryOwner;
  /** Whether what an earlier autoscaler wrote has been read: before that nothing is written over it. */
  isRead: boolean;
  /** Whether there is a ConfigMap. */
  exists: boolean;
  /** When it was written last, and the last minute in it. */
  writtenMs: number;
  writtenMinute: number | undefined;
  complaint: string;
}

/**
 * The recorded loads that forecasts are made of, each kept in a ConfigMap `<configuration>-load-history` beside its Configuration: a
 * byte a minute for fifteen days, 21,600 at most, written each ten minutes if there was load, each hour if not. An autoscaler that begins reads
 * what the one before it wrote.
 */
export class HistoryKeeper {
  readonly #options: HistoryKeeperOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: HistoryKeeperOptions) {
    this.#options = options;
  }

  /** The history of a Configuration: empty at first, filled as soon as what is kept of it has been read. */
  of(owner: HistoryOwner): LoadHistory {
    const key = `${owner.namespace}/${owner.name}`;
    const writtenMs = this.#options.clock.now();
    const fresh = { isRead: false, exists: false, writtenMs, writtenMinute: undefined, complaint: '' };
    const entry = this.#entries.get(key) ?? { history: new LoadHistory(), owner, ...fresh };
    entry.owner = owner;
    this.#entries.set(key, entry);
    return entry.history;
  }

  /** Reads and writes what is due; forgets those that are not among `wanted` (`namespace/name`) any more. Never rejects. */
  async keep(wanted: () => ReadonlySet<string>): Promise<void> {
    if (this.#entries.size === 0) return;
    const kept = wanted();
    for (const key of this.#entries.keys()) if (!kept.has(key)) this.#entries.delete(key);
    const unread = [...this.#entries.values()].filter(({ isRead }) => !isRead);
    await Promise.all(unread.map((entry) => this.#try(entry, () => this.#read(entry))));
    const now = this.#options.clock.now();
    const due = [...this.#entries.values()]
      .filter((entry) => isDue(entry, now))
      .toSorted((a, b) => a.writtenMs - b.writtenMs)
      .slice(0, mostWrites);
    await Promise.all(due.map((entry) => this.#try(entry, () => this.#write(entry, now))));
  }

  async #try(entry: Entry, call: () => Promise<void>): Promise<void> {
    const { logger, signal } = this.#options;
    try {
      await call();
      entry.complaint = '';
    } catch (error) {
      const complaint = messageOf(error);
      if (signal.aborted || entry.complaint === complaint) return;
      entry.complaint = complaint;
      const { namespace, name } = entry.owner;
      logger.warn(
        { configuration: `${namespace}/${name}`, error: complaint },
        'the history of its load could not be kept; tried again',
      );
    }
  }

  async #read(entry: Entry): Promise<void> {
    const { client, clock, signal } = this.#options;
    const { namespace, name } = placeOf(entry.owner);
    const found = await client.get(resources.configMaps, { namespace, name }, { signal }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
    if (found && found.metadata.labels?.[keys.configuration] !== entry.owner.name)
      throw new Error(
        `ConfigMap "${name}" is somebody else's: its label ${keys.configuration} is not ${entry.owner.name}`,
      );
    entry.exists = found !== undefined;
    entry.isRead = true;
    const lastMinute = Date.parse(found?.data?.[untilKey] ?? '') / minuteMs;
    // One that was written ahead of this clock tells of minutes that have not been.
    if (!found || !Number.isInteger(lastMinute) || lastMinute > clock.now() / minuteMs) return;
    const peaks = decodePeaks(Buffer.from(found.binaryData?.[peaksKey] ?? '', 'base64'));
    entry.history.take(peaks, lastMinute);
    entry.writtenMinute = lastMinute;
  }

  async #write(entry: Entry, now: number): Promise<void> {
    const { client, signal } = this.#options;
    const { history, owner } = entry;
    const { lastMinute = 0 } = history;
    const { namespace, name } = placeOf(owner);
    const body = {
      data: { [untilKey]: new Date(lastMinute * minuteMs).toISOString() },
      binaryData: { [peaksKey]: Buffer.from(encodePeaks(history.peaks())).toString('base64') },
    };
    // Tried again as seldom as it is written, if it fails.
    entry.writtenMs = now;
    if (entry.exists) {
      await client
        .patch(resources.configMaps, { namespace, name }, { type: 'merge', body }, { signal })
        .catch((error: unknown) => {
          if (isNotFound(error)) entry.exists = false;
          throw error;
        });
    } else {
      const reference = owner.reference();
      const metadata: ConfigMap['metadata'] = {
        namespace,
        name,
        labels: { [keys.configuration]: owner.name },
        ...(reference ? { ownerReferences: [reference] } : {}),
      };
      await client.create(resources.configMaps, { metadata, ...body }, { signal });
      entry.exists = true;
    }
    entry.writtenMinute = lastMinute;
  }
}

function isDue({ isRead, history, writtenMs, writtenMinute }: Entry, now: number): boolean {
  const passedMs = Math.abs(now - writtenMs);
  if (!isRead || history.lastMinute === writtenMinute || passedMs < periodMs) return false;
  return passedMs >= idlePeriodMs || history.hasLoadAfter(writtenMinute);
}

function placeOf({ namespace, name }: HistoryOwner): { readonly namespace: string; readonly name: string } {
  return { namespace, name: `${name}-load-history` };
}
