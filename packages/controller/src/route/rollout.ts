import type { ResolvedTarget } from './traffic.ts';

/** How the share of a configuration (under one tag) is divided among its revisions, oldest first. */
export interface ConfigurationRollout {
  readonly configurationName: string;
  readonly tag?: string;
  /** Share of the whole Route. */
  readonly percent: number;
  readonly revisions: readonly { readonly revisionName: string; readonly percent: number }[];
}

/** What the Ingress remembers of the targets that follow the latest ready revision (data-path.md, section 5.2). */
export interface Rollout {
  readonly configurations: readonly ConfigurationRollout[];
}

/** The rollout in which every latest revision has its whole share at once, sorted by tag, then configuration. */
export function makeRollout(targets: readonly ResolvedTarget[]): Rollout {
  const merged = new Map<string, ConfigurationRollout>();
  for (const { tag, configurationName, revisionName, percent, latestRevision } of targets) {
    if (!latestRevision) continue;
    const identity = `${tag}/${configurationName}`;
    const total = (merged.get(identity)?.percent ?? 0) + percent;
    const revisions = [{ revisionName, percent: total }];
    merged.set(identity, { configurationName, ...(tag ? { tag } : {}), percent: total, revisions });
  }
  const sorted = [...merged].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { configurations: sorted.map(([, configuration]) => configuration) };
}
