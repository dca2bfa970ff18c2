import { type CoreEvent, type PodAutoscaler, keyOf } from '@ebb/api';

/** What the API knows of how scales came about. */
export interface Told {
  readonly podAutoscalers: readonly PodAutoscaler[];
  /** Events about them; others are left out. */
  readonly events: readonly CoreEvent[];
  /** Only the decision in force then, in milliseconds since the epoch; left out: all that are told of. */
  readonly atMs?: number | undefined;
}

const nothing = 'it had its first scale then, or the Events of that time are no longer kept';

const told: ReadonlySet<string> = new Set(['ScaledUp', 'ScaledDown']);

/**
 * Why scales are what they are, in lines for a terminal, from nothing but what the API keeps: the status of PodAutoscalers and their
 * Events. So it works from anywhere, and reaches back as far as Events are kept.
 */
export function formatTold({ podAutoscalers, events, atMs = Number.POSITIVE_INFINITY }: Told): string {
  return podAutoscalers
    .map((podAutoscaler) => {
      const lines = linesOf(podAutoscaler, events).filter(([at]) => at <= atMs);
      const chosen = atMs === Number.POSITIVE_INFINITY ? lines : lines.slice(-1);
      const text = chosen.map(([at, message]) => `  ${new Date(at).toISOString()}  ${message}`);
      return [headingOf(podAutoscaler), ...(text.length > 0 ? text : [`  ${nothing}`])].join('\n');
    })
    .join('\n\n');
}

function headingOf(podAutoscaler: PodAutoscaler): string {
  const { desiredScale = '?', actualScale = 0 } = podAutoscaler.status ?? {};
  return `${keyOf(podAutoscaler)}: ${desiredScale} wanted, ${actualScale} ready`;
}

/** When what was told, oldest first. What was told again was so at the last time too. */
function linesOf({ metadata }: PodAutoscaler, events: readonly CoreEvent[]): readonly (readonly [number, string])[] {
  return events
    .filter(({ involvedObject: { kind, name, namespace }, reason = '' }) => {
      const isAbout = kind === 'PodAutoscaler' && name === metadata.name && namespace === metadata.namespace;
      return isAbout && told.has(reason);
    })
    .map(
      ({ lastTimestamp, firstTimestamp, message = '' }) => [timeOf(lastTimestamp ?? firstTimestamp), message] as const,
    )
    .toSorted(([a], [b]) => a - b);
}

/** 0 for an event that does not say. */
function timeOf(text: string | null | undefined): number {
  return Date.parse(text ?? '') || 0;
}
