import { type Configuration, type GcConfig, type Revision, keys } from '@ebb/api';
import { isLatestCreated } from '../configuration/latest-ready.ts';

/**
 * The Revisions to delete, the one inactive for the longest first (serving-api.md, section 22). Active ones, the latest ready
 * one, the latest created one, which would be made anew, and those marked `no-gc` are never among them.
 */
export function selectGarbage(
  configuration: Configuration,
  revisions: readonly Revision[],
  gc: GcConfig,
  now: number,
): readonly Revision[] {
  const { minNonActiveRevisions: min, maxNonActiveRevisions: max } = gc;
  if (revisions.length <= min) return [];
  const idle = revisions
    .filter((revision) => isIdle(revision, configuration))
    .toSorted((a, b) => lastActiveMs(a) - lastActiveMs(b));
  if (idle.length <= min) return [];
  const stale = idle.filter((revision) => (staleFromMs(revision, gc) ?? now) < now).slice(0, idle.length - min);
  // Those that are left over the maximum go too, stale or not.
  const left = idle.filter((revision) => !stale.includes(revision));
  const excess = max === undefined ? 0 : Math.max(0, left.length - max);
  return [...stale, ...left.slice(0, excess)];
}

function isIdle(revision: Revision, configuration: Configuration): boolean {
  const { metadata } = revision;
  return (
    metadata.deletionTimestamp === undefined &&
    metadata.labels?.[keys.routingState] === 'reserve' &&
    metadata.name !== configuration.status?.latestReadyRevisionName &&
    !isLatestCreated(revision, configuration) &&
    metadata.annotations?.[keys.noGC]?.toLowerCase() !== 'true'
  );
}

/** From when on a Revision is stale, in milliseconds since the epoch; `undefined`: never. */
function staleFromMs(revision: Revision, gc: GcConfig): number | undefined {
  const limits: readonly (readonly [limitMs: number | undefined, sinceMs: number])[] = [
    [gc.retainSinceCreateTimeMs, createdMs(revision)],
    [gc.retainSinceLastActiveTimeMs, lastActiveMs(revision)],
  ];
  const ends = limits.flatMap(([limitMs, sinceMs]) => (limitMs === undefined ? [] : [sinceMs + limitMs]));
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** When the next Revision becomes garbage if nothing changes before; `undefined` if none will. */
export function nextGarbageMs(
  configuration: Configuration,
  revisions: readonly Revision[],
  gc: GcConfig,
  now: number,
): number | undefined {
  const idle = revisions.filter((revision) => isIdle(revision, configuration));
  if (idle.length <= gc.minNonActiveRevisions) return undefined;
  const ahead = idle.flatMap((revision) => staleFromMs(revision, gc) ?? []).filter((ms) => ms >= now);
  return ahead.length === 0 ? undefined : Math.min(...ahead) + 1;
}

function lastActiveMs(revision: Revision): number {
  return Date.parse(revision.metadata.annotations?.[keys.routingStateModified] ?? '') || createdMs(revision);
}

function createdMs({ metadata }: Revision): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}
