const shardCount = 1024;
const shardMask = shardCount - 1;

/**
 * An immutable map of strings. A change copies one shard of it, not the whole, so that ten thousand entries cost no more
 * to change than a few.
 */
export class ShardedMap<V> {
  readonly #shards: readonly (ReadonlyMap<string, V> | undefined)[];
  readonly size: number;

  private constructor(shards: readonly (ReadonlyMap<string, V> | undefined)[], size: number) {
    this.#shards = shards;
    this.size = size;
  }

  static empty<V>(): ShardedMap<V> {
    return new ShardedMap<V>(Array.from({ length: shardCount }), 0);
  }

  get(key: string): V | undefined {
    return this.#shards[hash(key) & shardMask]?.get(key);
  }

  /** A map in which each key of `changes` has the value given there; `undefined` takes the key away. */
  with(changes: ReadonlyMap<string, V | undefined>): ShardedMap<V> {
    if (changes.size === 0) return this;
    const shards = [...this.#shards];
    const copied = new Map<number, Map<string, V>>();
    let { size } = this;
    for (const [key, value] of changes) {
      const index = hash(key) & shardMask;
      const shard = copied.get(index) ?? new Map(shards[index]);
      copied.set(index, shard);
      size -= shard.size;
      if (value === undefined) shard.delete(key);
      else shard.set(key, value);
      size += shard.size;
    }
    for (const [index, shard] of copied) shards[index] = shard;
    return new ShardedMap(shards, size);
  }

  *values(): Generator<V> {
    for (const shard of this.#shards) if (shard) yield* shard.values();
  }
}

/** FNV-1a over UTF-16 units: quick on short strings, and good enough to spread host names. */
function hash(key: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193);
  return h ^ (h >>> 15);
}
