import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removePrivateFile, writePrivateFile } from './private-file.ts';

it('a private file is for its owner alone, and goes with the one that wrote it last', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-private-'));
  try {
    const file = join(folder, '.ebb', 'kubeconfig');
    await writePrivateFile(file, 'first');
    await writePrivateFile(file, 'second');
    const othersMay = process.platform === 'win32' ? 0 : (await stat(file)).mode & 0o077;
    expect(othersMay).toBe(0);
    await removePrivateFile(file, 'first');
    expect(await readFile(file, 'utf8')).toBe('second');
    await removePrivateFile(file, 'second');
    await removePrivateFile(file, 'second');
    expect(await readdir(join(folder, '.ebb'))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
