import { type Pod, resources } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { type KubeClient, createInformer } from '@ebb/kube';

/** Sees when pods become Ready, by a watch of its own; within the process, as Ebb's parts see them. */
export interface PodWatch extends AsyncDisposable {
  /** When a pod was first seen Ready, by name; milliseconds of the system's clock. */
  readonly readyAt: ReadonlyMap<string, number>;
  /** When the first pod was seen at all. */
  readonly firstSeenMs: number | undefined;
  /** Pods there are. */
  readonly count: number;
  /** Told of each pod as it becomes Ready. */
  onReady: (pod: Pod) => void;
  /** Pods that are gone are forgotten, so that a long run fits memory. */
  forget(name: string): void;
  /** Forgets all that was seen so far. */
  clear(): void;
}

export async function watchPods(client: KubeClient, namespace: string): Promise<PodWatch> {
  const stop = new AbortController();
  const options = { namespace, clock: systemClock, logger: silentLogger, random: Math.random };
  const informer = createInformer(client, resources.pods, options);
  const readyAt = new Map<string, number>();
  let firstSeenMs: number | undefined;
  const watch: PodWatch = {
    readyAt,
    get firstSeenMs() {
      return firstSeenMs;
    },
    get count() {
      return informer.list().length;
    },
    onReady: () => undefined,
    forget: (name) => void readyAt.delete(name),
    clear: () => {
      readyAt.clear();
      firstSeenMs = undefined;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
      seen.unsubscribe();
    },
  };
  const seen = informer.events.subscribe(({ object, type }) => {
    firstSeenMs ??= systemClock.now();
    const { name = '', deletionTimestamp } = object.metadata;
    if (type === 'deleted' || deletionTimestamp !== undefined || readyAt.has(name) || !isReady(object)) return;
    readyAt.set(name, systemClock.now());
    watch.onReady(object);
  });
  const running = informer.run({ signal: stop.signal });
  await informer.synced;
  return watch;
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}
