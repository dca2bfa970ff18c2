import { constants } from 'node:fs';
import { access, readFile, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { UserError } from '@ebb/base';

/** A folder that can be run as a container. */
export interface AppFolder {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** Start command, for a shell. */
  readonly command: string;
}

const maxDepth = 3;
const skipped = new Set(['node_modules', '.git']);

/**
 * Finds the apps in `paths` and the folders below them, three deep. An app is a folder with a `Procfile` that has a
 * `web:` line, or a `package.json` with a start script, or an executable file named `start` or as the folder; the first of
 * these says how it starts. It is known by the folder's name in lower case; of two with one name the first found counts.
 * Throws `UserError` if one of `paths` cannot be read; a folder below that cannot is passed over.
 */
export async function findApps(paths: readonly string[]): Promise<ReadonlyMap<string, AppFolder>> {
  const apps = new Map<string, AppFolder>();
  for (const path of paths) {
    const folder = resolve(path);
    if (!(await isFolder(folder))) throw new UserError(`${path}: not a folder that can be read`);
    await search(folder, 0, apps);
  }
  return apps;
}

/** The app that an image reference means: the last part of the path of `dev.local/…`, whatever its tag or digest. */
export function appNameOf(image: string): string | undefined {
  return /^dev\.local\/(?:[^@:]*\/)?([^/@:]+)(?::[^/@:]*)?(?:@.*)?$/.exec(image)?.[1];
}

async function search(folder: string, depth: number, apps: Map<string, AppFolder>): Promise<void> {
  const name = basename(folder).toLowerCase();
  const command = await startCommand(folder);
  if (command !== undefined && !apps.has(name)) apps.set(name, { name, folder, command });
  if (depth === maxDepth) return;
  for (const child of await childFolders(folder)) await search(child, depth + 1, apps);
}

async function childFolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && !skipped.has(entry.name));
    return folders.map((entry) => join(folder, entry.name)).toSorted();
  } catch {
    // Not ours to read: not ours to run.
    return [];
  }
}

async function startCommand(folder: string): Promise<string | undefined> {
  return (
    (await procfileCommand(folder)) ??
    (await packageCommand(folder)) ??
    (await executable(folder, 'start')) ??
    (await executable(folder, basename(folder)))
  );
}

async function procfileCommand(folder: string): Promise<string | undefined> {
  const text = await readText(join(folder, 'Procfile'));
  return text === undefined ? undefined : /^web:[ \t]*(\S.*)$/m.exec(text)?.[1]?.trim();
}

async function packageCommand(folder: string): Promise<string | undefined> {
  const text = await readText(join(folder, 'package.json'));
  if (text === undefined) return undefined;
  try {
    const start = (JSON.parse(text) as { scripts?: { start?: unknown } } | null)?.scripts?.start;
    return typeof start === 'string' && start.trim() !== '' ? start.trim() : undefined;
  } catch {
    // Half-written by an editor, or not for us: no start command in it.
    return undefined;
  }
}

async function executable(folder: string, name: string): Promise<string | undefined> {
  try {
    const path = join(folder, name);
    await access(path, constants.X_OK);
    return (await stat(path)).isFile() ? `./${shellWord(name)}` : undefined;
  } catch {
    return undefined;
  }
}

/** A name as one word for a shell. */
function shellWord(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Absent, or not ours to read: nothing that says how to start.
    return undefined;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
