import { deepEqual } from '@ebb/kube';
import type { ContainerGroup, ImageIds } from '../eci/eci.ts';
import { tagKeys } from './container-group.ts';

/** A pod's group, as far as is known. */
export interface KnownGroup {
  readonly id: string;
  /** As last described; absent between the create and the first description. */
  readonly group?: ContainerGroup;
  /** The images its containers run; absent until they were asked for. */
  readonly imageIds?: ImageIds;
}

/** The node's groups by the UID of their pod. */
export class GroupIndex {
  readonly #groups = new Map<string, KnownGroup>();
  /** UIDs whose group runs, and whose images are not known. */
  readonly #imageless = new Set<string>();

  get(uid: string): KnownGroup | undefined {
    return this.#groups.get(uid);
  }

  /** A group was just asked for. */
  created(uid: string, id: string): void {
    if (this.#groups.get(uid)?.id === id) return;
    this.#groups.set(uid, { id });
    this.#imageless.delete(uid);
  }

  /**
   * Takes in groups as they were described, and forgets those of the UIDs in `gone`. Returns the UIDs whose group is new, has changed
   * or is gone.
   */
  replace(listed: readonly ContainerGroup[], gone: ReadonlySet<string>): string[] {
    const changed: string[] = [];
    const present = new Set<string>();
    const ids = new Set(listed.map(({ containerGroupId }) => containerGroupId));
    for (const group of listed) {
      const uid = uidOf(group);
      // Of two groups for one pod the first seen counts; the other is a stray.
      if (!uid || !group.containerGroupId || present.has(uid)) continue;
      const counted = this.#groups.get(uid);
      if (counted?.group && counted.id !== group.containerGroupId && !ids.has(counted.id) && !gone.has(uid)) continue;
      present.add(uid);
      if (counted?.group && deepEqual(counted.group, group)) continue;
      const imageIds = counted?.id === group.containerGroupId ? counted.imageIds : undefined;
      this.#groups.set(uid, { id: group.containerGroupId, group, ...(imageIds ? { imageIds } : {}) });
      if (imageIds === undefined && group.status === 'Running') this.#imageless.add(uid);
      else this.#imageless.delete(uid);
      changed.push(uid);
    }
    for (const uid of gone) {
      if (present.has(uid)) continue;
      this.#groups.delete(uid);
      this.#imageless.delete(uid);
      changed.push(uid);
    }
    return changed;
  }

  /** Ids of the groups that run and whose images are not known. */
  withoutImages(): string[] {
    return [...this.#imageless].flatMap((uid) => this.#groups.get(uid)?.id ?? []);
  }

  /** Takes in the images of these groups, none for those that told of none. Returns the UIDs whose group has some. */
  learnImages(ids: readonly string[], images: ReadonlyMap<string, ImageIds>): string[] {
    const asked = new Set(ids);
    return [...this.#imageless].flatMap((uid) => {
      const known = this.#groups.get(uid);
      if (!known || !asked.has(known.id)) return [];
      const imageIds = images.get(known.id) ?? new Map<string, string>();
      this.#imageless.delete(uid);
      this.#groups.set(uid, { ...known, imageIds });
      return imageIds.size > 0 ? [uid] : [];
    });
  }

  uids(): Set<string> {
    return new Set(this.#groups.keys());
  }
}

/** The UID of the pod a group was made for. */
export function uidOf({ tags }: ContainerGroup): string | undefined {
  return tags?.find(({ key }) => key === tagKeys.uid)?.value;
}
