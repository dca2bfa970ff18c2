import { type Condition, type Service, keyOf, resources } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { type KubeClient, createInformer } from '@ebb/kube';

/** What a person watching wants to know of a Service. */
export type Progress =
  | { readonly state: 'ready'; readonly url: string; readonly revision: string }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'working' };

/** Reads a Service's status. Only a status of the present generation counts. */
export function progressOf(service: Service): Progress {
  const { status } = service;
  if (status?.observedGeneration !== service.metadata.generation) return { state: 'working' };
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') {
    return { state: 'ready', url: status?.url ?? '', revision: status?.latestReadyRevisionName ?? '' };
  }
  if (ready?.status !== 'False') return { state: 'working' };
  // A Route without a ready Revision is unready for want of one: what went wrong is told by the Configuration.
  const cause = status?.conditions?.find(({ type, status: is }) => type === 'ConfigurationsReady' && is === 'False');
  return { state: 'failed', message: sayCondition(cause ?? ready) };
}

function sayCondition({ reason, message }: Condition): string {
  return [reason, message].filter(Boolean).join(': ');
}

export interface Said {
  readonly progress: Progress;
  /** Since it was last seen unready; 0 if it never was. */
  readonly seconds: number;
}

/** Tells of each Service's progress once, when it changes. */
export class ProgressReporter {
  readonly #last = new Map<string, string>();
  readonly #since = new Map<string, number>();

  /** Takes the Service as it is now; returns what is new to say, with the seconds it took, or `undefined`. */
  observe(service: Service, nowMs: number): Said | undefined {
    const key = keyOf(service);
    const progress = progressOf(service);
    const said = `${service.metadata.uid} ${JSON.stringify(progress)}`;
    if (said === this.#last.get(key)) return undefined;
    this.#last.set(key, said);
    if (progress.state === 'working') {
      this.#since.set(key, nowMs);
      return undefined;
    }
    const seconds = (nowMs - (this.#since.get(key) ?? nowMs)) / 1000;
    return { progress, seconds };
  }

  forget(service: Service): void {
    this.#last.delete(keyOf(service));
    this.#since.delete(keyOf(service));
  }
}

interface FollowOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly say: (service: Service, said: Said) => void;
}

/** Tells of every Service of the cluster as it becomes ready or fails, until disposed. */
export function followProgress({ client, clock, logger, say }: FollowOptions): AsyncDisposable {
  const reporter = new ProgressReporter();
  const stop = new AbortController();
  const services = createInformer(client, resources.services, { clock, logger });
  services.events.subscribe(({ type, object }) => {
    if (type === 'deleted') return reporter.forget(object);
    const said = reporter.observe(object, clock.now());
    if (said) say(object, said);
  });
  const running = services.run({ signal: stop.signal });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}
