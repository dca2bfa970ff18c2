import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type AppFolder, appNameOf, findApps } from '@ebb/local-eci';
import { findManifests } from './manifests.ts';
import { hashFolder } from './source-hash.ts';

/** The app folders below the paths `ebb dev` was given, with their fingerprints. */
export interface Apps {
  readonly list: () => readonly { readonly name: string; readonly folder: string }[];
  /** The folder of an image `dev.local/<name>`. */
  readonly find: (image: string) => AppFolder | undefined;
  /** The fingerprint of an app's folder when last read. */
  readonly hashOf: (app: string) => string | undefined;
  /** Reads the folders again; the names of apps whose contents changed. */
  refresh(): Promise<string[]>;
}

/** Finds the apps below `paths` and reads their fingerprints. */
export async function createApps(paths: readonly string[]): Promise<Apps> {
  const roots = await Promise.all(paths.map(folderOf));
  let found: ReadonlyMap<string, AppFolder> = new Map();
  let hashes: ReadonlyMap<string, string> = new Map();

  const refresh = async (): Promise<string[]> => {
    found = await findApps(roots);
    const manifests = new Set(await findManifests(paths));
    const next = await Promise.all(
      [...found].map(async ([name, { folder }]) => [name, await hashFolder(folder, manifests)] as const),
    );
    const changed = next.filter(([name, hash]) => hashes.get(name) !== hash).map(([name]) => name);
    hashes = new Map(next);
    return changed;
  };
  await refresh();
  return {
    list: () => [...found].map(([name, { folder }]) => ({ name, folder })),
    find: (image) => found.get(appNameOf(image) ?? ''),
    hashOf: (app) => hashes.get(app),
    refresh,
  };
}

/** A manifest's apps are looked for beside it. */
async function folderOf(path: string): Promise<string> {
  const full = resolve(path);
  return (await stat(full)).isDirectory() ? full : dirname(full);
}
