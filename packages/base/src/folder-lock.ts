import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { realpath, rm } from 'node:fs/promises';
import { type Server, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from './clock.ts';
import { UserError } from './errors.ts';

/** The file in a folder that tells that somebody has it. */
export const folderLockName = 'lock.sock';

/** Paths of sockets are short on all systems. */
const maxSocketPath = 100;
/** How long a holder may take to tell its number: it may just be starting, or stopped. */
const tellMs = 2000;

/**
 * Takes a folder for this process alone, until disposed or until the process dies, however that is: a listening socket is a lock that
 * nobody can leave behind, as then nobody answers on it any more. Rejects with `UserError`, in the words of `inUse`, if another has it;
 * that is told who it is, such as "process 4711". Rejects with the system's error if the folder cannot be written to.
 */
export async function lockFolder(
  folder: string,
  inUse: (holder: string) => string,
  clock: Clock = systemClock,
): Promise<AsyncDisposable> {
  const real = await realpath(folder);
  let path = socketPath(real);
  for (let attempt = 0; ; attempt++) {
    const server = await tryListen(path).catch((error: unknown) => {
      // Folders shared with a virtual machine may take no sockets.
      if (!hasCode(error, 'ENOTSUP', 'EOPNOTSUPP', 'EPERM') || path === elsewhere(real)) throw error;
      path = elsewhere(real);
      return tryListen(path);
    });
    if (server) return { [Symbol.asyncDispose]: () => closeServer(server) };
    const holder = await askHolder(path, clock);
    if (holder !== undefined || attempt > 0) throw new UserError(inUse(holder ?? unknownHolder));
    await rm(path, { force: true });
  }
}

const unknownHolder = 'another process';

function socketPath(folder: string): string {
  const path = join(folder, folderLockName);
  return process.platform !== 'win32' && path.length <= maxSocketPath ? path : elsewhere(folder);
}

/** For folders in which no socket can be. */
function elsewhere(folder: string): string {
  const id = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  return process.platform === 'win32' ? `\\\\.\\pipe\\ebb-${id}` : join(tmpdir(), `ebb-${id}.sock`);
}

/** Undefined if there is a socket already. */
async function tryListen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // who asked did not wait for the answer
    socket.end(String(process.pid));
  });
  server.listen(path);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE')) return undefined;
    throw error;
  }
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  return server.unref();
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Who listens there; undefined if nobody does. */
function askHolder(path: string, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const limit = clock.after(tellMs, () => socket.destroy());
    let holder: string | undefined;
    let told = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => (holder = unknownHolder));
    socket.on('data', (text: string) => (told += text));
    socket.on('end', () => {
      if (told !== '') holder = `process ${told}`;
    });
    socket.on('error', () => {}); // closes it
    socket.on('close', () => {
      limit[Symbol.dispose]();
      resolve(holder);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
