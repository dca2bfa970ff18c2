import { mkdirSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, type RootDatabase, open } from 'lmdb';
import { UserError, messageOf } from '@ebb/base';
import { claimDataDir, type DataDirClaim } from './data-dir.ts';
import { checkLmdbFile } from './lmdb-file.ts';
import type { Change, Store } from './store.ts';

const revisionKey = 'revision';
const settingPrefix = 'setting/';

/**
 * Opens the store in a directory, which is made if need be. Rejects with `UserError` if it cannot be used: no
 * permission, another process has it, another format, or damage.
 */
export async function openLmdbStore(directory: string): Promise<Store> {
  const claim = await claimDataDir(directory);
  try {
    return new LmdbStore(join(directory, 'state'), claim);
  } catch (error) {
    await claim[Symbol.asyncDispose]();
    if (error instanceof UserError) throw error;
    const message = `the data directory ${directory} cannot be read (${messageOf(error)}); restore a copy of it or choose an empty one`;
    throw new UserError(message, { cause: error });
  }
}

class LmdbStore implements Store {
  readonly #claim: DataDirClaim;
  readonly #root: RootDatabase<string, string>;
  readonly #objects: Database<string, string>;
  readonly #meta: Database<string, string>;
  #failure: Error | undefined;

  constructor(path: string, claim: DataDirClaim) {
    this.#claim = claim;
    const file = join(path, 'data.mdb');
    if (!claim.isNew) checkLmdbFile(file);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    // Without overlapping sync a write resolves only when its commit has been flushed to disk.
    this.#root = open<string, string>({
      path,
      encoding: 'string',
      overlappingSync: false,
      mapSize: 2 ** 30,
      maxDbs: 4,
    });
    this.#objects = this.#root.openDB<string, string>({ name: 'objects', encoding: 'string' });
    this.#meta = this.#root.openDB<string, string>({ name: 'meta', encoding: 'string' });
    chmodSync(file, 0o600);
    if (claim.isNew) claim.settle();
  }

  get revision(): number {
    return Number(this.#meta.get(revisionKey) ?? 0);
  }

  *load(): Iterable<readonly [string, string]> {
    for (const { key, value } of this.#objects.getRange()) yield [key, value];
  }

  async write({ key, value, revision }: Change): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const text = value?.();
    try {
      await this.#root.batch(() => {
        void (text === undefined ? this.#objects.remove(key) : this.#objects.put(key, text));
        void this.#meta.put(revisionKey, String(revision));
      });
    } catch (error) {
      this.#failure ??= new Error('a write did not reach the disk', { cause: error });
      throw error;
    }
  }

  setting(name: string): string | undefined {
    return this.#meta.get(settingPrefix + name);
  }

  async putSetting(name: string, value: string): Promise<void> {
    await this.#meta.put(settingPrefix + name, value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#root.close();
    await this.#claim[Symbol.asyncDispose]();
  }
}
