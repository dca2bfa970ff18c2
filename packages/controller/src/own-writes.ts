import { type KubernetesObject, type Resource, keyOf } from '@ebb/api';
import type { Clock } from '@ebb/base';
import type { Informer, KubeClient } from '@ebb/kube';

/**
 * Lets controllers read their own writes. A watch lags a little behind: without this the look that follows a write would see
 * the object as it was, write the same again, and be refused as having met a newer version.
 */
export class OwnWrites {
  readonly #clock: Clock;
  readonly #followed = new Map<string, Followed>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The informer, giving objects as this process has last written them where the watch has not told of it yet. */
  follow<T extends KubernetesObject>(resource: Resource<T>, informer: Informer<T>): Informer<T> {
    const writes = new Map<string, Written>();
    const statuses = new Map<string, string>();
    // Lives as long as the informer, whose events complete when it ends.
    informer.events.subscribe(({ type, object }) => {
      const key = keyOf(object);
      const isOld = type !== 'deleted' && writes.get(key)?.superseded.has(object.metadata.resourceVersion ?? '');
      if (!isOld) writes.delete(key);
      if (type === 'deleted') statuses.delete(key);
    });
    this.#followed.set(nameOf(resource), { writes, statuses, informer });
    return {
      events: informer.events,
      synced: informer.synced,
      list: (namespace) => informer.list(namespace),
      byIndex: (index, value) => informer.byIndex(index, value),
      run: (options) => informer.run(options),
      get: (namespace, name) => {
        const known = informer.get(namespace, name);
        const written = writes.get(namespace ? `${namespace}/${name}` : name);
        if (!written || written.until < this.#clock.now()) return known;
        const isBehind = known ? written.superseded.has(known.metadata.resourceVersion ?? '') : written.created;
        return isBehind ? (written.object as T) : known;
      },
    };
  }

  /**
   * True if an object is as the status write of this process left it: whoever wrote it looked at all there was to see, and
   * need not look again for that.
   */
  isOwnStatus<T extends KubernetesObject>(resource: Resource<T>, object: T): boolean {
    const { resourceVersion } = object.metadata;
    return (
      resourceVersion !== undefined &&
      this.#followed.get(nameOf(resource))?.statuses.get(keyOf(object)) === resourceVersion
    );
  }

  /** The client, whose writes are remembered. */
  through(client: KubeClient): KubeClient {
    const remember = async <T extends KubernetesObject>(
      resource: Resource<T>,
      base: string | undefined,
      write: Promise<T>,
    ): Promise<T> => {
      const object = await write;
      this.#remember(nameOf(resource), base, object);
      return object;
    };
    const remembering: Pick<KubeClient, 'create' | 'update' | 'updateStatus' | 'patch'> = {
      create: (resource, object, options) => remember(resource, created, client.create(resource, object, options)),
      update: (resource, object, options) =>
        remember(resource, versionOf(object), client.update(resource, object, options)),
      updateStatus: async (resource, object, options) => {
        const written = await remember(resource, versionOf(object), client.updateStatus(resource, object, options));
        const { resourceVersion = '' } = written.metadata;
        this.#followed.get(nameOf(resource))?.statuses.set(keyOf(written), resourceVersion);
        return written;
      },
      patch: (resource, key, patch, options) =>
        remember(resource, versionOf(patch.body), client.patch(resource, key, patch, options)),
    };
    return new Proxy(client, {
      get: (target, name) => {
        if (Object.hasOwn(remembering, name)) return Reflect.get(remembering, name);
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  /** `base`: the version written over; only where that is known can it be told that the watch is behind. */
  #remember(resource: string, base: string | undefined, object: KubernetesObject): void {
    const followed = this.#followed.get(resource);
    if (!followed || base === undefined) return;
    const { writes, informer } = followed;
    const { namespace, name = '', resourceVersion } = object.metadata;
    const key = keyOf(object);
    const known = informer.get(namespace, name)?.metadata.resourceVersion;
    if (known === resourceVersion) return;
    const before = writes.get(key);
    const isNext = before?.object.metadata.resourceVersion === base;
    const superseded = new Set(isNext ? before.superseded : []).add(base);
    const isNew = base === created || (isNext && before.created);
    // What the watch shows that is neither what was written over nor what came of it is newer than both.
    if (known === undefined ? !isNew : !superseded.has(known)) return;
    const until = this.#clock.now() + forgottenAfterMs;
    writes.set(key, { object, superseded, created: isNew, until });
  }
}

interface Written {
  readonly object: KubernetesObject;
  /** Versions that are older. */
  readonly superseded: ReadonlySet<string>;
  /** It is new: a watch that knows nothing of it is behind. */
  readonly created: boolean;
  readonly until: number;
}

interface Followed {
  readonly writes: Map<string, Written>;
  /** Versions that came of status writes, by object. */
  readonly statuses: Map<string, string>;
  readonly informer: Informer<KubernetesObject>;
}

/** Stands for the version of what was not there. */
const created = '';

/** A watch that lost sight of an object, made and gone while it was away, tells nothing of it. */
const forgottenAfterMs = 10_000;

/** The version a write is meant for, of an object or of a merge patch. */
function versionOf(body: object): string | undefined {
  return 'metadata' in body ? (body as KubernetesObject).metadata.resourceVersion : undefined;
}

function nameOf({ group, plural }: Resource<KubernetesObject>): string {
  return `${plural}.${group}`;
}
