import { type CoreEvent, type KubernetesObject, isNotFound, resources, type KubeClient } from '@ebb/api';
import { type Clock, type Logger, messageOf, toTimestamp } from '@ebb/base';

export interface EventRecorderOptions {
  /** Who reports, as `kubectl describe` shows it. */
  readonly component: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Annotations = Readonly<Record<string, string>>;

export interface EventRecorder {
  /**
   * Writes an Event about `object`, or counts up the one that says the same. Returns at once and never throws: what cannot
   * be written is logged. `reason` is one word in CamelCase. Events with other `annotations` do not say the same.
   */
  event(
    object: KubernetesObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    annotations?: Annotations,
  ): void;
}

/** Events remembered for counting up; the one not repeated for the longest time is forgotten first. */
const maxRemembered = 1024;
/** Events waiting to be written; more are dropped, and said so. */
const maxWaiting = 1024;
const maxMessage = 1024;

/** A recorder of `core/v1` Events. */
export function createEventRecorder(client: KubeClient, options: EventRecorderOptions): EventRecorder {
  return new CoreEventRecorder(client, options);
}

interface Written {
  readonly namespace: string;
  readonly name: string;
  count: number;
}

class CoreEventRecorder implements EventRecorder {
  readonly #client: KubeClient;
  readonly #options: EventRecorderOptions;
  readonly #written = new Map<string, Written>();
  readonly #waiting: CoreEvent[] = [];
  #writing = false;

  constructor(client: KubeClient, options: EventRecorderOptions) {
    this.#client = client;
    this.#options = options;
  }

  event(
    object: KubernetesObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    annotations?: Annotations,
  ): void {
    const { component, clock, logger } = this.#options;
    if (this.#waiting.length >= maxWaiting) {
      logger.warn({ reason, name: object.metadata.name }, 'too many events wait; one was dropped');
      return;
    }
    this.#waiting.push(makeEvent(object, { type, reason, message, annotations }, component, clock.now()));
    if (!this.#writing) void this.#writeAll(); // never rejects
  }

  /** Writes one after the other, so that a repetition finds what the first wrote. */
  async #writeAll(): Promise<void> {
    this.#writing = true;
    for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
      try {
        await this.#write(event);
      } catch (error) {
        const { reason, message, involvedObject } = event;
        const fields = { reason, message, name: involvedObject.name, error: messageOf(error) };
        this.#options.logger.warn(fields, 'an event could not be written');
      }
    }
    this.#writing = false;
  }

  async #write(event: CoreEvent): Promise<void> {
    const key = identityOf(event);
    const known = this.#written.get(key);
    if (known) this.#written.delete(key);
    const written = (known && (await this.#countUp(known, event))) ?? (await this.#create(event));
    this.#written.set(key, written);
    const [oldest] = this.#written.keys();
    if (this.#written.size > maxRemembered && oldest !== undefined) this.#written.delete(oldest);
  }

  async #create(event: CoreEvent): Promise<Written> {
    const { metadata } = await this.#client.create(resources.events, event);
    return { namespace: metadata.namespace ?? '', name: metadata.name ?? '', count: 1 };
  }

  /** `undefined` if the event has expired on the server. */
  async #countUp(known: Written, { lastTimestamp }: CoreEvent): Promise<Written | undefined> {
    const count = known.count + 1;
    try {
      await this.#client.patch(resources.events, known, { type: 'merge', body: { count, lastTimestamp } });
      return { ...known, count };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

interface Said extends Pick<Required<CoreEvent>, 'type' | 'reason' | 'message'> {
  readonly annotations: Annotations | undefined;
}

function makeEvent(
  object: KubernetesObject,
  { type, reason, message, annotations }: Said,
  component: string,
  now: number,
): CoreEvent {
  const { name = '', namespace, uid, resourceVersion } = object.metadata;
  const time = toTimestamp(now);
  return {
    metadata: {
      generateName: `${name}.`,
      namespace: namespace ?? 'default',
      ...(annotations ? { annotations: { ...annotations } } : {}),
    },
    involvedObject: {
      ...(object.apiVersion === undefined ? {} : { apiVersion: object.apiVersion }),
      ...(object.kind === undefined ? {} : { kind: object.kind }),
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type,
    reason,
    message: message.slice(0, maxMessage),
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component },
    reportingComponent: component,
  };
}

function identityOf({ metadata: { annotations }, involvedObject, type, reason, message }: CoreEvent): string {
  const { kind, namespace, name, uid } = involvedObject;
  return JSON.stringify([kind, namespace, name, uid, type, reason, message, annotations]);
}
