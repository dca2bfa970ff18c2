import { type KubernetesObject, type Resource, StatusError, type WatchEvent, keyOf } from '@ebb/api';
import type { KubeClient } from '@ebb/kube';

/** Just enough of a Kubernetes API for a gateway: objects can be put and removed by a test, listed, watched, and given a status. */
export interface FakeClient extends KubeClient {
  put<T extends KubernetesObject>(resource: Resource<T>, object: T): void;
  remove<T extends KubernetesObject>(resource: Resource<T>, object: T): void;
  find<T extends KubernetesObject>(resource: Resource<T>, key: string): T | undefined;
}

interface Stored {
  readonly plural: string;
  readonly event: WatchEvent<KubernetesObject>;
}

export function createFakeClient(): FakeClient {
  const objects = new Map<string, KubernetesObject>();
  const log: Stored[] = [];
  const wake = new Set<() => void>();
  const idOf = (resource: Resource<KubernetesObject>, object: KubernetesObject): string =>
    `${resource.plural}/${keyOf(object)}`;
  const note = (plural: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubernetesObject): void => {
    log.push({ plural, event: { type, object } });
    for (const awake of wake) awake();
  };
  const versioned = (object: KubernetesObject): KubernetesObject => ({
    ...object,
    metadata: { ...object.metadata, resourceVersion: String(log.length + 1) },
  });
  const put = (resource: Resource<KubernetesObject>, object: KubernetesObject): KubernetesObject => {
    const id = idOf(resource, object);
    const stored = versioned(object);
    const type = objects.has(id) ? 'MODIFIED' : 'ADDED';
    objects.set(id, stored);
    note(resource.plural, type, stored);
    return stored;
  };
  async function* watch(
    plural: string,
    from: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<WatchEvent<KubernetesObject>> {
    let go: () => void = () => {};
    signal?.addEventListener('abort', () => go(), { once: true });
    for (let next = from; !signal?.aborted;) {
      const entry = log[next];
      if (entry) {
        next++;
        if (entry.plural === plural) yield entry.event;
        continue;
      }
      await new Promise<void>((resolve) => {
        go = resolve;
        wake.add(resolve);
      });
      wake.delete(go);
    }
  }
  const missing = (): Promise<never> => Promise.reject(new StatusError('MethodNotAllowed', 'not in this fake'));
  const client = {
    put,
    remove: (resource: Resource<KubernetesObject>, object: KubernetesObject) => {
      objects.delete(idOf(resource, object));
      note(resource.plural, 'DELETED', versioned(object));
    },
    find: (resource: Resource<KubernetesObject>, key: string) => objects.get(`${resource.plural}/${key}`),
    list: (resource: Resource<KubernetesObject>) =>
      Promise.resolve({
        metadata: { resourceVersion: String(log.length) },
        items: [...objects].flatMap(([id, object]) => (id.startsWith(`${resource.plural}/`) ? [object] : [])),
      }),
    watch: (
      resource: Resource<KubernetesObject>,
      { resourceVersion, signal }: { resourceVersion: string; signal?: AbortSignal },
    ) => watch(resource.plural, Number(resourceVersion), signal),
    updateStatus: (resource: Resource<KubernetesObject>, object: KubernetesObject) =>
      Promise.resolve(put(resource, object)),
    get: missing,
    create: missing,
    update: missing,
    patch: missing,
    delete: missing,
    stream: missing,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return client as unknown as FakeClient;
}
