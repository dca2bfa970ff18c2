import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, realpathSync, unlinkSync, writeFileSync } from 'node:fs';
import { type Server, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError, messageOf } from '@ebb/base';

/** A hold on a data directory, until disposed. The operating system ends it when the process dies, however that is. */
export type DataDirClaim = AsyncDisposable;

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
  const claim = await lock(path);
  try {
    checkMarker(path);
  } catch (error) {
    await claim[Symbol.asyncDispose]();
    throw error;
  }
  return claim;
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

function checkMarker(directory: string): void {
  const marker = join(directory, markerName);
  try {
    const names = readdirSync(directory).filter((name) => name !== socketName);
    if (names.length === 0) writeFileSync(marker, `${JSON.stringify({ format })}\n`, { mode: 0o600 });
    else if (!names.includes(markerName)) throw notOurs(directory);
    else checkFormat(directory, readFileSync(marker, 'utf8'));
  } catch (error) {
    throw error instanceof UserError ? error : unusable(directory, error);
  }
}

function notOurs(directory: string): UserError {
  return new UserError(
    `the data directory ${directory} holds other files and no ${markerName}; choose an empty directory, or one that Ebb made`,
  );
}

function checkFormat(directory: string, text: string): void {
  let found: unknown;
  try {
    found = (JSON.parse(text) as { format?: unknown }).format;
  } catch {
    found = 'damaged';
  }
  if (found === format) return;
  throw new UserError(
    `the data directory ${directory} has format ${String(found)}, and this version of Ebb knows format ${format}; ` +
      'use the version that made it, or choose an empty directory',
  );
}

const socketName = 'lock.sock';

/** A listening socket is a lock that a killed process cannot leave behind: nobody answers on it any more. */
async function lock(directory: string): Promise<DataDirClaim> {
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
