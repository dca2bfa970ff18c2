import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type AppFolder, appNameOf, findApps } from '@ebb/local-eci';
import { findManifests } from './manifests.ts';
import { openSnapshots } from './snapshots.ts';
import { readContents } from './source-hash.ts';

/** The app folders below the paths `ebb dev` was given, as they are now and as they were. */
export interface Apps {
  readonly list: () => readonly { readonly name: string; readonly folder: string }[];
  /** What to run for an image `dev.local/<name>`, or `dev.local/<name>@sha256:…` for the app as it was then. */
  readonly find: (image: string) => AppFolder | undefined;
  /** The image by its digest, as it is now; `undefined` if it is none of these apps. */
  readonly digestOf: (image: string) => string | undefined;
  /** The digest of an app's folder when last read, in hex. */
  readonly hashOf: (app: string) => string | undefined;
  /** Reads the folders again; the names of apps whose contents changed. */
  refresh(): Promise<string[]>;
}

/** Finds the apps below `paths`, reads their contents, and keeps copies of them in `snapshotDir`. */
export async function createApps(paths: readonly string[], snapshotDir: string): Promise<Apps> {
  const roots = await Promise.all(paths.map(folderOf));
  const snapshots = await openSnapshots(snapshotDir);
  let found: ReadonlyMap<string, AppFolder> = new Map();
  let digests: ReadonlyMap<string, string> = new Map();

  const refresh = async (): Promise<string[]> => {
    found = await findApps(roots);
    const manifests = new Set(await findManifests(paths));
    const next = new Map<string, string>();
    for (const [name, app] of found) {
      const contents = await readContents(app.folder, manifests);
      await snapshots.take(app, contents);
      next.set(name, contents.digest);
    }
    const changed = [...next].filter(([name, digest]) => digests.get(name) !== digest).map(([name]) => name);
    digests = next;
    return changed;
  };
  await refresh();
  return {
    list: () => [...found].map(([name, { folder }]) => ({ name, folder })),
    find: (image) => {
      const name = appNameOf(image) ?? '';
      const digest = /@sha256:([0-9a-f]+)$/.exec(image)?.[1] ?? digests.get(name) ?? '';
      return snapshots.find(name, digest) ?? found.get(name);
    },
    digestOf: (image) => {
      const digest = digests.get(appNameOf(image) ?? '');
      return digest && !image.includes('@') ? `${image.replace(/:[^/:]*$/, '')}@sha256:${digest}` : undefined;
    },
    hashOf: (app) => digests.get(app),
    refresh,
  };
}

/** A manifest's apps are looked for beside it. */
async function folderOf(path: string): Promise<string> {
  const full = resolve(path);
  return (await stat(full)).isDirectory() ? full : dirname(full);
}
