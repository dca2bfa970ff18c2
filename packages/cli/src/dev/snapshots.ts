import { constants } from 'node:fs';
import { access, cp, mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AppFolder, findApps } from '@ebb/local-eci';
import { dependencyFolders, isIgnoredInApp } from './watch.ts';

/** Folders above this are run where they are: copying them at each save would take too long. */
const maxBytes = 256 << 20;

/**
 * App folders as they once were, by their digest, so that an old Revision started anew runs its own code and not what is
 * in the folder by then: what a registry is for images.
 */
export interface Snapshots {
  /** Keeps a copy of the app as it is now; does nothing for one it has, or that is too large. */
  take(app: AppFolder, contents: { readonly digest: string; readonly sizeBytes: number }): Promise<void>;
  find(name: string, digest: string): AppFolder | undefined;
}

/** Opens the snapshots kept in `dir`, with those of earlier runs. */
export async function openSnapshots(dir: string): Promise<Snapshots> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const kept = new Map<string, AppFolder>();
  for (const entry of await readdir(dir)) {
    const [digest = ''] = entry.split('-');
    if (entry.startsWith('.')) await rm(join(dir, entry), { recursive: true, force: true });
    else for (const app of (await findApps([join(dir, entry)])).values()) kept.set(keyOf(app.name, digest), app);
  }
  return {
    find: (name, digest) => kept.get(keyOf(name, digest)),
    take: async (app, { digest, sizeBytes }) => {
      if (sizeBytes > maxBytes || kept.has(keyOf(app.name, digest))) return;
      // Made under another name first: a copy that was cut short is no snapshot.
      const unfinished = join(dir, `.${digest}-${app.name}`);
      // By its name too: two apps of the same contents have one digest.
      const final = join(dir, `${digest}-${app.name}`);
      await rm(unfinished, { recursive: true, force: true });
      await copyApp(app.folder, join(unfinished, app.name));
      await rm(final, { recursive: true, force: true });
      await rename(unfinished, final);
      kept.set(keyOf(app.name, digest), { ...app, folder: join(final, app.name) });
    },
  };
}

const keyOf = (name: string, digest: string): string => `${name}@${digest}`;

/** Copies the app's own files; what it depends on is linked to, its own and what folders above it share. */
async function copyApp(folder: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await cp(folder, target, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => path === folder || !isIgnoredInApp(path),
  });
  for (const name of dependencyFolders) await linkIfThere(join(folder, name), join(target, name));
  const shared = await nearestAbove(folder);
  if (shared) await symlink(shared, join(dirname(target), 'node_modules'), 'junction');
}

async function linkIfThere(from: string, to: string): Promise<void> {
  if (await exists(from)) await symlink(from, to, 'junction');
}

/** The `node_modules` that Node would find above the folder. */
async function nearestAbove(folder: string): Promise<string | undefined> {
  for (let above = dirname(folder); above !== dirname(above); above = dirname(above)) {
    const found = join(above, 'node_modules');
    if (await exists(found)) return found;
  }
  return undefined;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
