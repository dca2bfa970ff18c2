import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { type Server, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError, messageOf } from '@ebb/base';
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
/** Paths of sockets are short on all systems. */
const maxSocketPath = 100;

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

function unusable(directory: string, error: unknown): UserError {
  const message = `the data directory ${directory} cannot be used (${messageOf(error)}); choose a directory you may write to`;
  return new UserError(message, { cause: error });
}

/** Checks what the directory says of itself, and marks an empty one; true if nothing was kept in it yet. */
function checkMarker(directory: string): boolean {
  try {
    const names = readdirSync(directory).filter((name) => name !== socketName);
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

const socketName = 'lock.sock';

/** A listening socket is a lock that a killed process cannot leave behind: nobody answers on it any more. */
async function lock(directory: string): Promise<AsyncDisposable> {
  const path = socketPath(directory);
  const inUse = new UserError(
    `the data directory ${directory} is in use by another process; stop that one, or choose another directory`,
  );
  for (let attempt = 0; attempt < 2; attempt++) {
    const server = await tryListen(path);
    if (server) return { [Symbol.asyncDispose]: () => closeServer(server) };
    if (await isAnswered(path)) throw inUse;
    try {
      unlinkSync(path);
    } catch (error) {
      throw unusable(directory, error);
    }
  }
  throw inUse;
}

function socketPath(directory: string): string {
  const path = join(directory, socketName);
  if (process.platform !== 'win32' && path.length <= maxSocketPath) return path;
  const id = createHash('sha256').update(directory).digest('hex').slice(0, 24);
  return process.platform === 'win32' ? `\\\\.\\pipe\\ebb-${id}` : join(tmpdir(), `ebb-${id}.sock`);
}

function tryListen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(unusable(path, error));
    });
    server.listen(path, () => {
      if (process.platform !== 'win32') chmodSync(path, 0o600);
      server.unref();
      resolve(server);
    });
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
