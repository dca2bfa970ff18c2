import { randomBytes } from 'node:crypto';
import type { Clock } from '@ebb/base';
import type { GroupSpec, Tag } from '../model.ts';
import { EciError } from '../wire/error.ts';

/** An image cache as it was asked for. */
export interface ImageCacheSpec {
  readonly name: string;
  readonly images: readonly string[];
  /** GiB. */
  readonly size: number;
  /** It goes after so many days. Undefined: it stays. */
  readonly retentionDays: number | undefined;
  readonly tags: readonly Tag[];
}

export interface ImageCache extends ImageCacheSpec {
  readonly id: string;
  readonly snapshotId: string;
  readonly createdAtMs: number;
  lastMatchedAtMs: number | undefined;
}

export type ImageCacheStatus = 'Preparing' | 'Creating' | 'Ready';

/** Of an account (serverless-node.md, section 2.3). */
export const maxImageCaches = 500;
const dayMs = 86_400_000;
/** There is nothing to pull and no disk to copy here: only the states are gone through. */
const statusesUntilMs = [
  ['Preparing', 300],
  ['Creating', 600],
] as const satisfies readonly (readonly [ImageCacheStatus, number])[];

/** The image caches of this ECI. */
export class ImageCaches {
  readonly #caches = new Map<string, ImageCache>();
  readonly #tokens = new Map<string, string>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes one, or finds the one made before by the same token. Throws `EciError` if there are too many. */
  add(spec: ImageCacheSpec, token: string | undefined): ImageCache {
    const before = token === undefined ? undefined : this.#caches.get(this.#tokens.get(token) ?? '');
    if (before) return before;
    if (this.list().length >= maxImageCaches) {
      throw new EciError('QuotaExceeded', `There are ${maxImageCaches} image caches already.`, 403);
    }
    const name = randomBytes(10).toString('hex');
    const createdAtMs = this.#clock.now();
    const cache = { ...spec, id: `imc-${name}`, snapshotId: `s-${name}`, createdAtMs, lastMatchedAtMs: undefined };
    this.#caches.set(cache.id, cache);
    if (token !== undefined) this.#tokens.set(token, cache.id);
    return cache;
  }

  /** Those there are, oldest first. */
  list(): readonly ImageCache[] {
    const nowMs = this.#clock.now();
    for (const cache of this.#caches.values())
      if ((expiryOf(cache) ?? Infinity) <= nowMs) this.#caches.delete(cache.id);
    return [...this.#caches.values()];
  }

  /** Throws `EciError` if there is none of that id. */
  delete(id: string): void {
    if (!this.#caches.delete(id)) throw notFound(id);
  }

  statusOf({ createdAtMs }: ImageCache): ImageCacheStatus {
    const ageMs = this.#clock.now() - createdAtMs;
    return statusesUntilMs.find(([, untilMs]) => ageMs < untilMs)?.[0] ?? 'Ready';
  }

  /**
   * The cache a group is made from: the one it names, or, if it wants that, the one that has most of its images, the larger or newer
   * one of several; none if none has any. Throws `EciError` if the one it names is not there, or not ready.
   */
  find({ labels, initContainers, containers }: GroupSpec): ImageCache | undefined {
    const { ImageSnapshotId: wanted, AutoMatchImageCache: matches } = labels;
    const found =
      wanted === undefined ? undefined : this.list().find((each) => wanted === each.id || wanted === each.snapshotId);
    if (wanted !== undefined && !found) throw notFound(wanted);
    if (found && this.statusOf(found) !== 'Ready') {
      throw new EciError('ImageSnapshot.IncorrectStatus', `The image cache ${wanted} is ${this.statusOf(found)}.`);
    }
    if (found || matches !== 'true') return found;
    const images = new Set([...initContainers, ...containers].map(({ image }) => image));
    const matched = ({ images: cached }: ImageCache): number => cached.filter((image) => images.has(image)).length;
    const [best] = this.list()
      .filter((each) => this.statusOf(each) === 'Ready' && matched(each) > 0)
      .toSorted((a, b) => matched(b) - matched(a) || b.size - a.size || b.createdAtMs - a.createdAtMs);
    return best;
  }

  /** Notes that a group is made from it. */
  matched(cache: ImageCache): void {
    cache.lastMatchedAtMs = this.#clock.now();
  }
}

/** When it goes by itself, in milliseconds since the epoch; undefined if it stays. */
export function expiryOf({ createdAtMs, retentionDays }: ImageCache): number | undefined {
  return retentionDays === undefined ? undefined : createdAtMs + retentionDays * dayMs;
}

const notFound = (id: string): EciError =>
  new EciError('ImageSnapshot.NotFound', `There is no image cache ${id}.`, 404);
