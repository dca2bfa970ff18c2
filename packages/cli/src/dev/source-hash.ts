import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isIgnoredInApp } from './watch.ts';

/** Files above this are told by size and time of change, not read: a redeploy must not wait for a video. */
const readUpToBytes = 4 << 20;

export interface FolderContents {
  /** SHA-256 in hex: changes exactly when a file does. */
  readonly digest: string;
  readonly sizeBytes: number;
}

/**
 * Reads an app folder's contents into a digest, so that a new Revision is made for changed code and only for that. Files in
 * `exclude` (the manifests) do not count.
 */
export async function readContents(folder: string, exclude: ReadonlySet<string> = new Set()): Promise<FolderContents> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for (const file of await filesOf(folder)) {
    if (exclude.has(file)) continue;
    const info = await stat(file).catch(() => undefined);
    if (!info) continue;
    sizeBytes += info.size;
    hash.update(`\0${relative(folder, file)}\0${info.size}\0`);
    if (info.size > readUpToBytes) hash.update(String(info.mtimeMs));
    else await pipeline(createReadStream(file), hash, { end: false });
  }
  return { digest: hash.digest('hex'), sizeBytes };
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    if (isIgnoredInApp(path)) return [];
    if (entry.isDirectory()) return filesOf(path);
    return entry.isFile() ? [path] : [];
  });
  return (await Promise.all(found)).flat().sort();
}
