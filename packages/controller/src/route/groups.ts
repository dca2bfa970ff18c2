import type { TrafficTarget } from '@ebb/api';
import { type Rollout, rolloutKey } from './rollout/rollout.ts';
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

/** What a Route's targets come to. */
export interface Traffic {
  readonly targets: readonly ResolvedTarget[];
  /** How far the targets that follow the latest revision have moved to it. */
  readonly rollout: Rollout;
  /** Of any revision in `rollout`. */
  readonly protocolOf: (revisionName: string) => Split['protocol'];
}

/**
 * Sorts targets into the default group and one group a tag, the default first, then by tag (serving-api.md, section
 * 19.2). A group with a single revision gives it everything, whatever its share of the Route.
 */
export function groupTargets(traffic: Traffic): readonly TrafficGroup[] {
  const { targets } = traffic;
  const tags = [...new Set(targets.map(({ tag }) => tag))].filter((tag) => tag !== '').toSorted();
  const tagged = tags.map((tag) => ({
    tag,
    splits: add(targets.filter((target) => target.tag === tag).flatMap((target) => ofTag(target, traffic))),
  }));
  return [{ tag: '', splits: add(divide(traffic)) }, ...tagged];
}

function add(targets: readonly ResolvedTarget[]): readonly Split[] {
  const splits = new Map<string, Split>();
  for (const { revisionName, percent, protocol } of targets) {
    const sum = (splits.get(revisionName)?.percent ?? 0) + percent;
    splits.set(revisionName, { revisionName, percent: sum, protocol });
  }
  const [only, ...others] = splits.values();
  return only && others.length === 0 ? [{ ...only, percent: 100 }] : [...splits.values()];
}

/** A target as its tag's own host serves it: by the rollout that goes on there. */
function ofTag(target: ResolvedTarget, traffic: Traffic): readonly ResolvedTarget[] {
  const shares = sharesOf(traffic, target.tag, target) ?? [];
  return shares.length < 2 ? [target] : shares.map((share) => turnTo(target, share, traffic));
}

/**
 * The targets of the default group, those that follow the latest revision divided among the revisions of their rollout:
 * each target takes its share from the oldest that has any left.
 */
function divide(traffic: Traffic): readonly ResolvedTarget[] {
  const left = new Map<string, { revisionName: string; percent: number }[]>();
  return traffic.targets.flatMap((target) => {
    if (!target.latestRevision || target.percent === 0) return [target];
    const key = rolloutKey({ configurationName: target.configurationName });
    const shares = left.get(key) ?? (sharesOf(traffic, '', target) ?? []).map((share) => ({ ...share }));
    left.set(key, shares);
    if (shares.length < 2) return [target];
    let wanted = target.percent;
    return shares.flatMap((share) => {
      const percent = Math.min(wanted, share.percent);
      wanted -= percent;
      share.percent -= percent;
      return percent > 0 ? [turnTo(target, { revisionName: share.revisionName, percent }, traffic)] : [];
    });
  });
}

function sharesOf(
  { rollout }: Traffic,
  tag: string,
  { latestRevision, configurationName }: ResolvedTarget,
): Rollout['configurations'][0]['revisions'] | undefined {
  const key = rolloutKey({ tag, configurationName });
  return latestRevision ? rollout.configurations.find((other) => rolloutKey(other) === key)?.revisions : undefined;
}

function turnTo(
  target: ResolvedTarget,
  { revisionName, percent }: { readonly revisionName: string; readonly percent: number },
  { protocolOf }: Traffic,
): ResolvedTarget {
  return { ...target, revisionName, percent, protocol: protocolOf(revisionName) };
}

/**
 * `status.traffic`: the targets in the order of the spec, those of the same tag, revision and kind merged; during a rollout
 * one entry for each revision. `urlOf` gives the URL of a tag.
 */
export function statusTraffic(traffic: Traffic, urlOf: (tag: string) => string): TrafficTarget[] {
  const entries = new Map<string, TrafficTarget & { percent: number }>();
  for (const { tag, revisionName, percent, latestRevision } of divide(traffic)) {
    const identity = `${tag}/${revisionName}/${latestRevision}`;
    const merged = entries.get(identity);
    if (merged) merged.percent += percent;
    else entries.set(identity, { revisionName, percent, latestRevision, ...(tag ? { tag, url: urlOf(tag) } : {}) });
  }
  return [...entries.values()];
}
