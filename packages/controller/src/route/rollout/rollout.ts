import type { ResolvedTarget } from '../traffic.ts';

/** A revision's share of the group, in percent. */
export interface RevisionShare {
  readonly revisionName: string;
  readonly percent: number;
}

/** The pace of a rollout; points in time and lengths in nanoseconds, as the annotation holds them. */
export interface StepParams {
  /** When the newest revision got its first percent. */
  readonly starttime: number;
  /** The rest is known once the gateways serve that first percent. */
  readonly nextStepTime?: number;
  readonly stepDuration?: number;
  /** Points of percent that move at each step. */
  readonly stepSize?: number;
}

/** How the share of a configuration (in the default group, or in that of a tag) is divided among its revisions. */
export interface ConfigurationRollout {
  readonly configurationName: string;
  readonly tag?: string;
  /** Of the whole group; that of a tag is the configuration's alone. */
  readonly percent: number;
  /** Oldest first; their shares make `percent`. More than one: a rollout is going on. */
  readonly revisions: readonly RevisionShare[];
  readonly stepParams?: StepParams;
}

/** What the Ingress remembers of the targets that follow the latest ready revision (serving-api.md, section 20). */
export interface Rollout {
  readonly configurations: readonly ConfigurationRollout[];
}

/** The rollout in which every latest revision has its whole share at once, sorted by tag, then configuration. */
export function makeRollout(targets: readonly ResolvedTarget[]): Rollout {
  const merged = new Map<string, ConfigurationRollout>();
  const add = (tag: string, { configurationName, revisionName }: ResolvedTarget, percent: number): void => {
    const identity = rolloutKey({ tag, configurationName });
    const total = (merged.get(identity)?.percent ?? 0) + percent;
    const revisions = [{ revisionName, percent: total }];
    merged.set(identity, { configurationName, ...(tag ? { tag } : {}), percent: total, revisions });
  };
  for (const target of targets) {
    if (!target.latestRevision) continue;
    add('', target, target.percent);
    if (target.tag !== '') add(target.tag, target, isAlone(target, targets) ? 100 : target.percent);
  }
  const sorted = [...merged].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { configurations: sorted.map(([, configuration]) => configuration) };
}

/** True if the tag stands for this target only, as it always does where admission has seen the Route. */
function isAlone({ tag }: ResolvedTarget, targets: readonly ResolvedTarget[]): boolean {
  return targets.filter((target) => target.tag === tag).length === 1;
}

/** What tells one configuration's rollout from the others. */
export function rolloutKey({ tag = '', configurationName }: { tag?: string; configurationName: string }): string {
  return `${tag}/${configurationName}`;
}

/** True if no configuration's share is still moving. */
export function isDone({ configurations }: Rollout): boolean {
  return configurations.every(({ revisions }) => revisions.length <= 1);
}

/** Milliseconds until the next step of any configuration; `undefined` if none is planned. */
export function untilNextStep({ configurations }: Rollout, now: number): number | undefined {
  const times = configurations.flatMap(({ stepParams }) => stepParams?.nextStepTime ?? []);
  return times.length === 0 ? undefined : Math.max(0, Math.ceil(Math.min(...times) / nanos - Math.floor(now)));
}

/** Nanoseconds in a millisecond. */
export const nanos = 1_000_000;
