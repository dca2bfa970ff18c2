import { chmodSync, closeSync, constants, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

/** Kubernetes' own limit. */
const maxBytes = 4096;

/** An empty file for a container's last words, that anybody may write. Throws if the disk refuses. */
export function makeMessageFile(groupFolder: string, container: string): string {
  const folder = join(groupFolder, 'messages');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, container);
  closeSync(openSync(file, 'w'));
  chmodSync(file, 0o666);
  return file;
}

/** The end of what a container left in its file; empty if that is not there, or none: a container may put there what it likes. */
export function readMessage(file: string): string {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) return '';
      const bytes = Buffer.alloc(Math.min(stats.size, maxBytes));
      const read = readSync(descriptor, bytes, 0, bytes.length, stats.size - bytes.length);
      return bytes.toString('utf8', 0, read);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}
