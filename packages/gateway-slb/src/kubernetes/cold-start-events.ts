import { type ColdStart, instanceSteps } from '@ebb/activator';
import type { CoreEvent, KubernetesObject } from '@ebb/api';
import { type Clock, TokenBucket } from '@ebb/base';
import type { EventRecorder } from '@ebb/kube';

/** Reason of the Events that tell of cold starts. */
const coldStartReason = 'ColdStarted';

/** A cold start as an Event has it: milliseconds after the request was accepted. */
export interface ToldColdStart {
  readonly gateway: string;
  readonly pod: string;
  /** Requests that waited. */
  readonly waiting: number;
  /** When the first of them arrived, in milliseconds since the epoch. */
  readonly accepted: number;
  /** By name of the step; in the order they came about. */
  readonly steps: Readonly<Record<string, number>>;
}

/** Events a gateway may write of cold starts: a burst, and then so many a second. */
const rate = { perSecond: 5, burst: 50 };

/** Tells of cold starts by Events on the Revision, where any gateway's can be read together. */
export class ColdStartEvents {
  readonly #recorder: EventRecorder;
  readonly #gateway: string;
  readonly #leave: TokenBucket;
  readonly #clock: Clock;

  constructor(recorder: EventRecorder, gateway: string, clock: Clock) {
    this.#recorder = recorder;
    this.#gateway = gateway;
    this.#clock = clock;
    this.#leave = new TokenBucket(rate, clock.now());
  }

  tell(revision: KubernetesObject, coldStart: ColdStart): void {
    if (this.#leave.take(this.#clock.now()) > 0) return;
    this.#recorder.event(revision, 'Normal', coldStartReason, formatColdStart(this.#gateway, coldStart));
  }
}

/** One line, for people and for `readColdStart`. */
export function formatColdStart(gateway: string, coldStart: ColdStart): string {
  const { pod, waiting, accepted, queued, instance, granted, firstByte } = coldStart;
  const steps: readonly (readonly [string, number | undefined])[] = [
    ['queued', queued],
    ...instanceSteps.map((step) => [step, instance[step]] as const),
    ['granted', granted],
    ['first byte', firstByte],
  ];
  const told = steps.flatMap(([name, at]) => (at === undefined ? [] : [`${name} ${signed(at - accepted)}`]));
  const since = new Date(accepted).toISOString();
  return `${pod} answered after ${(firstByte - accepted).toFixed(1)} ms; accepted ${since} by ${gateway}, ${waiting} waiting; ms: ${told.join(', ')}`;
}

/** What an Event tells of a cold start; undefined if it is about something else. */
export function readColdStart({ reason, message = '' }: CoreEvent): ToldColdStart | undefined {
  if (reason !== coldStartReason) return undefined;
  const [, pod, accepted, gateway, waiting, told] =
    /^(\S+) answered after \S+ ms; accepted (\S+) by (\S+), (\d+) waiting; ms: (.*)$/.exec(message) ?? [];
  if (!pod || !accepted || !gateway || told === undefined) return undefined;
  const steps: Record<string, number> = {};
  for (const part of told.split(', ')) {
    const space = part.lastIndexOf(' ');
    steps[part.slice(0, space)] = Number(part.slice(space + 1));
  }
  return { gateway, pod, waiting: Number(waiting), accepted: Date.parse(accepted), steps };
}

function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${Math.abs(ms).toFixed(1)}`;
}
