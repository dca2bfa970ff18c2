import { type Condition, type Service, keyOf, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type KubeClient, createInformer } from '@ebb/kube';
import { Waits } from './waits.ts';

/** What a person watching wants to know of a Service. */
export type Progress =
  | { readonly state: 'ready'; readonly url: string; readonly revision: string }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'slow'; readonly message: string }
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

/** A failure must stand that long to be told: on the way from one state to the next conditions disagree. */
const settleMs = 300;

/** After so long a person wonders what a Service waits for. */
const slowMs = 10_000;

/**
 * Tells of every Service of the cluster as it becomes ready or fails, and once of what one waits for that does neither for
 * ten seconds; until disposed.
 */
export function followProgress({ client, clock, logger, say }: FollowOptions): AsyncDisposable {
  const reporter = new ProgressReporter();
  const stop = new AbortController();
  const waits = new Waits(clock);
  const services = createInformer(client, resources.services, { clock, logger });

  const tell = (service: Service): void => {
    const said = reporter.observe(service, clock.now());
    if (said) say(service, said);
  };
  /** As it is now, and not when the wait began; `undefined` if it has gone. */
  const current = ({ metadata }: Service): Service | undefined => services.get(metadata.namespace, metadata.name ?? '');
  const tellSettled = (service: Service): void => {
    const now = current(service);
    if (now) tell(now);
  };
  const tellSlow = async (service: Service): Promise<void> => {
    const now = current(service) ?? service;
    const message = await findSetback(client, now, stop.signal);
    if (progressOf(now).state === 'working') say(now, { progress: { state: 'slow', message }, seconds: slowMs / 1000 });
  };
  services.events.subscribe(({ type, object }) => {
    const key = keyOf(object);
    if (type === 'deleted') {
      waits.end(key);
      return reporter.forget(object);
    }
    const progress = progressOf(object);
    if (progress.state === 'failed') {
      return waits.begin(key, { why: progress.message, ms: settleMs, act: () => tellSettled(object) });
    }
    tell(object);
    if (progress.state === 'ready') return waits.end(key);
    const noWord = (error: unknown): void =>
      logger.debug({ error: messageOf(error) }, 'nothing to say of a slow service');
    const act = (): void => void tellSlow(object).catch(noWord);
    waits.begin(key, { why: `working on ${object.metadata.generation}`, ms: slowMs, act });
  });
  const running = services.run({ signal: stop.signal });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      waits[Symbol.dispose]();
      await running;
    },
  };
}

/** What the newest warning about the instances of the Service's newest Revision says. */
async function findSetback(client: KubeClient, { metadata, status }: Service, signal: AbortSignal): Promise<string> {
  const revision = status?.latestCreatedRevisionName;
  if (!revision) return 'no Revision yet';
  const { items } = await client.list(resources.events, { namespace: metadata.namespace, signal });
  const warnings = items.filter(
    ({ type, involvedObject }) => type === 'Warning' && involvedObject.name?.startsWith(`${revision}-deployment-`),
  );
  const [newest] = warnings.toSorted((a, b) => (b.lastTimestamp ?? '').localeCompare(a.lastTimestamp ?? ''));
  return newest?.message ?? `no instance of ${revision} is ready`;
}
