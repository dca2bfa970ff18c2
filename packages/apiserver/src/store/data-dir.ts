import { mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError, folderLockName, lockFolder, messageOf } from '@ebb/base';
import { objectOf } from '../schema/json.ts';

/** A hold on a data directory, until disposed. The operating system ends it when the process dies, however that is. */
export interface DataDirClaim extends AsyncDisposable {
  /** Whether nothing was ever kept there. */
  readonly isNew: boolean;
  /** Marks the directory as one that holds something: from now on it must not be found empty. */
  settle(): void;
}

const markerName = 'ebb-data.json';
const format = 1;

/**
 * Makes a data directory ready for use by this process alone. Rejects with `UserError` if it cannot be made or written, is
 * in use, holds something else, or has a format this program does not know.
 */
export async function claimDataDir(directory: string): Promise<DataDirClaim> {
  const path = makeDirectory(directory);
  const held = await lock(path);
  try {
    const isNew = checkMarker(path);
    return { isNew, settle: () => writeMarker(path, {}), [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
  } catch (error) {
    await held[Symbol.asyncDispose]();
    throw error;
  }
}

function makeDirectory(directory: string): string {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return realpathSync(directory);
  } catch (error) {
    throw unusable(directory, error);
  }
}

async function lock(directory: string): Promise<AsyncDisposable> {
  try {
    return await lockFolder(
      directory,
      (holder) => `the data directory ${directory} is in use by ${holder}; stop that one, or choose another directory`,
    );
  } catch (error) {
    throw error instanceof UserError ? error : unusable(directory, error);
  }
}

function unusable(directory: string, error: unknown): UserError {
  const message = `the data directory ${directory} cannot be used (${messageOf(error)}); choose a directory you may write to`;
  return new UserError(message, { cause: error });
}

/** Checks what the directory says of itself, and marks an empty one; true if nothing was kept in it yet. */
function checkMarker(directory: string): boolean {
  try {
    const names = readdirSync(directory).filter((name) => name !== folderLockName);
    if (names.length === 0) writeMarker(directory, { isNew: true });
    else if (!names.includes(markerName)) throw notOurs(directory);
    const marker = parseMarker(readFileSync(join(directory, markerName), 'utf8'));
    if (marker['format'] !== format) throw unknownFormat(directory, marker['format']);
    return marker['isNew'] === true;
  } catch (error) {
    throw error instanceof UserError ? error : unusable(directory, error);
  }
}

function writeMarker(directory: string, more: object): void {
  const path = join(directory, markerName);
  writeFileSync(`${path}.new`, `${JSON.stringify({ format, ...more })}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}

function parseMarker(text: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(text));
  } catch {
    return { format: 'damaged' };
  }
}

function notOurs(directory: string): UserError {
  return new UserError(
    `the data directory ${directory} holds other files and no ${markerName}; choose an empty directory, or one that Ebb made`,
  );
}

function unknownFormat(directory: string, found: unknown): UserError {
  return new UserError(
    `the data directory ${directory} has format ${JSON.stringify(found)}, and this version of Ebb knows format ${format}; ` +
      'use the version that made it, or choose an empty directory',
  );
}
