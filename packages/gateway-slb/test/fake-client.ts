import { type KubernetesObject, type Resource, StatusError, type WatchEvent, keyOf } from '@ebb/api';
import type { KubeClient, ObjectKey } from '@ebb/kube';

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

/** Of a selector's forms it knows `key=value` alone; other selectors select everything. */
function isSelected({ metadata }: KubernetesObject, selector = ''): boolean {
  const [key = '', value] = selector.split('=');
  return value === undefined || metadata.labels?.[key] === value;
}

async function* selected(
  events: AsyncGenerator<WatchEvent<KubernetesObject>>,
  selector: string | undefined,
): AsyncGenerator<WatchEvent<KubernetesObject>> {
  for await (const event of events) if (isSelected(event.object, selector)) yield event;
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
  const idIn = (resource: Resource<KubernetesObject>, { namespace, name }: ObjectKey): string =>
    `${resource.plural}/${namespace}/${name}`;
  const existing = (id: string): KubernetesObject => {
    const found = objects.get(id);
    if (!found) throw new StatusError('NotFound', `${id} not found`);
    return found;
  };
  const client = {
    put,
    remove: (resource: Resource<KubernetesObject>, object: KubernetesObject) => {
      objects.delete(idOf(resource, object));
      note(resource.plural, 'DELETED', versioned(object));
    },
    find: (resource: Resource<KubernetesObject>, key: string) => objects.get(`${resource.plural}/${key}`),
    list: (resource: Resource<KubernetesObject>, { labelSelector }: { labelSelector?: string } = {}) =>
      Promise.resolve({
        metadata: { resourceVersion: String(log.length) },
        items: [...objects].flatMap(([id, object]) =>
          id.startsWith(`${resource.plural}/`) && isSelected(object, labelSelector) ? [object] : [],
        ),
      }),
    watch: (
      resource: Resource<KubernetesObject>,
      {
        resourceVersion,
        signal,
        labelSelector,
      }: { resourceVersion: string; signal?: AbortSignal; labelSelector?: string },
    ) => selected(watch(resource.plural, Number(resourceVersion), signal), labelSelector),
    updateStatus: (resource: Resource<KubernetesObject>, object: KubernetesObject) =>
      Promise.resolve(put(resource, object)),
    get: async (resource: Resource<KubernetesObject>, key: ObjectKey) => existing(idIn(resource, key)),
    create: async (resource: Resource<KubernetesObject>, object: KubernetesObject) => {
      if (objects.has(idOf(resource, object))) throw new StatusError('AlreadyExists', 'it exists');
      return put(resource, object);
    },
    update: async (resource: Resource<KubernetesObject>, object: KubernetesObject) => {
      const { metadata } = existing(idOf(resource, object));
      if (metadata.resourceVersion !== object.metadata.resourceVersion) throw new StatusError('Conflict', 'it changed');
      return put(resource, object);
    },
    // Merges what Leases need merged: the metadata.
    patch: async (resource: Resource<KubernetesObject>, key: ObjectKey, { body }: { body: KubernetesObject }) => {
      const found = existing(idIn(resource, key));
      return put(resource, { ...found, ...body, metadata: { ...found.metadata, ...body.metadata } });
    },
    delete: async (resource: Resource<KubernetesObject>, key: ObjectKey) => {
      const found = existing(idIn(resource, key));
      objects.delete(idIn(resource, key));
      note(resource.plural, 'DELETED', versioned(found));
    },
    stream: missing,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return client as unknown as FakeClient;
}
