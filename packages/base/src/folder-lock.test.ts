import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderLockName, lockFolder } from './folder-lock.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebb-lock-'));
});

afterEach(() => rm(folder, { recursive: true }));

const lock = (path: string): Promise<AsyncDisposable> => lockFolder(path, (holder) => `${holder} has it`);

it('is one process’s, which is told to the next, until it lets go', async () => {
  const first = await lock(folder);
  await symlink(folder, join(folder, 'same'));
  await expect(lock(join(folder, 'same'))).rejects.toThrow(`process ${process.pid} has it`);
  await first[Symbol.asyncDispose]();
  await using _second = await lock(folder);
});

it('is taken over from a process that was killed', async () => {
  const path = JSON.stringify(join(folder, folderLockName));
  const holder = `require('node:net').createServer((socket) => socket.end('77')).listen(${path}, () => console.log())`;
  const child = spawn(process.execPath, ['-e', holder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await expect(lock(folder)).rejects.toThrow('process 77 has it');
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using _lock = await lock(folder);
});

it('is refused where nothing can be written', async () => {
  await expect(lock(join(folder, 'missing'))).rejects.toThrow('ENOENT');
});
