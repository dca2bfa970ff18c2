import type { TrafficTarget } from '@ebb/api';
import type { ResolvedTarget } from './traffic.ts';

/** A revision's share of a group, in percent. */
export interface Split {
  readonly revisionName: string;
  readonly percent: number;
  readonly protocol: ResolvedTarget['protocol'];
}

/** What one host serves: all targets under tag `''`, or the one target of a tag. */
export interface TrafficGroup {
  readonly tag: string;
  /** One for each revision; their shares make 100. */
  readonly splits: readonly Split[];
}

/**
 * Sorts targets into the default group and one group a tag, the default first, then by tag (serving-api.md, section
 * 19.2). A group with a single revision gives it everything, whatever its share of the Route.
 */
export function groupTargets(targets: readonly ResolvedTarget[]): readonly TrafficGroup[] {
  const tags = [...new Set(targets.map(({ tag }) => tag))].filter((tag) => tag !== '').toSorted();
  const ofTag = (tag: string): TrafficGroup => ({ tag, splits: share(targets.filter((target) => target.tag === tag)) });
  return [{ tag: '', splits: share(targets) }, ...tags.map(ofTag)];
}

function share(targets: readonly ResolvedTarget[]): readonly Split[] {
  const splits = new Map<string, Split>();
  for (const { revisionName, percent, protocol } of targets) {
    const sum = (splits.get(revisionName)?.percent ?? 0) + percent;
    splits.set(revisionName, { revisionName, percent: sum, protocol });
  }
  const [only, ...others] = splits.values();
  return only && others.length === 0 ? [{ ...only, percent: 100 }] : [...splits.values()];
}

/**
 * `status.traffic`: the targets in the order of the spec, those of the same tag, revision and kind merged. `urlOf` gives
 * the URL of a tag.
 */
export function statusTraffic(targets: readonly ResolvedTarget[], urlOf: (tag: string) => string): TrafficTarget[] {
  const entries = new Map<string, TrafficTarget & { percent: number }>();
  for (const { tag, revisionName, percent, latestRevision } of targets) {
    const identity = `${tag}/${revisionName}/${latestRevision}`;
    const merged = entries.get(identity);
    if (merged) merged.percent += percent;
    else entries.set(identity, { revisionName, percent, latestRevision, ...(tag ? { tag, url: urlOf(tag) } : {}) });
  }
  return [...entries.values()];
}
