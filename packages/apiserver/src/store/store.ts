/** One change of what a store keeps. */
export interface Change {
  readonly key: string;
  /** Makes the new value, which not every store needs at once; `undefined` removes the key. */
  readonly value: (() => string) | undefined;
  /** Version of the whole store that this change makes. Each change has a greater one than the last. */
  readonly revision: number;
}

/**
 * Where the server's state rests. All reading goes to memory, so a store is read once, at start, and then only
 * written. Two implementations: memory, and LMDB on disk.
 */
export interface Store extends AsyncDisposable {
  /** Greatest revision handed out before this start; 0 for a new store. */
  readonly revision: number;
  /** All pairs, ordered by key. */
  load(): Iterable<readonly [key: string, value: string]>;
  /**
   * Takes a change. Changes become durable in the order given; the promise resolves once this one is, and
   * `undefined` says that it is already. Rejects when it could not be written, and so does every later one.
   */
  write(change: Change): Promise<void> | undefined;
  /** What was kept under `name` by `putSetting`, apart from the pairs. */
  setting(name: string): string | undefined;
  /** Keeps a value that must outlive a restart and is no object: certificates, tokens. Resolves once durable. */
  putSetting(name: string, value: string): Promise<void>;
}
