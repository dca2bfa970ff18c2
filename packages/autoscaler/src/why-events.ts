import { type CoreEvent, type PodAutoscaler, keyOf, keys } from '@ebb/api';

/** What the API knows of how scales came about. */
export interface Told {
  readonly podAutoscalers: readonly PodAutoscaler[];
  /** Events about them; others are left out. */
  readonly events: readonly CoreEvent[];
  /** Only the decision in force then, in milliseconds since the epoch; left out: all that are told of. */
  readonly atMs?: number | undefined;
}

const nothing = 'no change of its scale is told of: there was none, or the Events of that time are no longer kept';

const told: ReadonlySet<string> = new Set(['ScaledUp', 'ScaledDown']);

/**
 * Why scales are what they are, in lines for a terminal, from nothing but what the API keeps: the status of PodAutoscalers and their
 * Events. So it works from anywhere, and reaches back as far as Events are kept.
 */
export function formatTold(told: Told): string {
  return told.podAutoscalers
    .map((podAutoscaler) => {
      const lines = toldOf(podAutoscaler, told).map(({ atMs, words }) => `  ${new Date(atMs).toISOString()}  ${words}`);
      return [headingOf(podAutoscaler), ...(lines.length > 0 ? lines : [`  ${nothing}`])].join('\n');
    })
    .join('\n\n');
}

/** The same as JSON: for each revision its decisions, oldest first, each with its words and all that `takeAgain` takes. */
export function toldAsJson(told: Told): string {
  const revisions = told.podAutoscalers.map((podAutoscaler) => {
    const { metadata, status } = podAutoscaler;
    const decisions = toldOf(podAutoscaler, told).map(({ decision, ...rest }) => ({ ...decision, ...rest }));
    const { desiredScale: wanted, actualScale: ready = 0 } = status ?? {};
    return { namespace: metadata.namespace, revision: metadata.name, wanted, ready, decisions };
  });
  return JSON.stringify(revisions, null, 2);
}

function headingOf(podAutoscaler: PodAutoscaler): string {
  const { desiredScale = '?', actualScale = 0 } = podAutoscaler.status ?? {};
  return `${keyOf(podAutoscaler)}: ${desiredScale} wanted, ${actualScale} ready`;
}

interface ToldDecision {
  readonly atMs: number;
  readonly words: string;
  /** Absent from Events of others. */
  readonly decision: object | undefined;
}

/** What was told of it, oldest first, with what nobody could make sense of; of a time only the decision in force then. */
function toldOf({ metadata }: PodAutoscaler, { events, atMs }: Told): readonly ToldDecision[] {
  const found = events
    .filter(({ involvedObject: { kind, name, namespace, uid }, reason = '', type }) => {
      const isAbout = kind === 'PodAutoscaler' && name === metadata.name && namespace === metadata.namespace;
      // One of the same name that was there before is another.
      return isAbout && uid === metadata.uid && (told.has(reason) || (type === 'Warning' && atMs === undefined));
    })
    .map((event): ToldDecision => {
      const decision = decisionIn(event);
      const at = decision?.atMs ?? timeOf(event.lastTimestamp ?? event.firstTimestamp);
      return { atMs: at, words: event.message ?? '', decision };
    })
    .toSorted((a, b) => a.atMs - b.atMs);
  return atMs === undefined ? found : found.filter((each) => each.atMs <= atMs).slice(-1);
}

function decisionIn({ metadata: { annotations } }: CoreEvent): { readonly atMs?: number } | undefined {
  try {
    const found: unknown = JSON.parse(annotations?.[keys.decision] ?? 'null');
    return typeof found === 'object' && found !== null ? found : undefined;
  } catch {
    // Whoever may write Events may write anything.
    return undefined;
  }
}

/** 0 for an event that does not say. */
function timeOf(text: string | null | undefined): number {
  return Date.parse(text ?? '') || 0;
}
