import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writePrivateFile } from './private-file.ts';

it('a private file is for its owner alone, also where there was one for all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-private-'));
  try {
    const file = join(folder, '.ebb', 'kubeconfig');
    await writePrivateFile(file, 'first');
    await writePrivateFile(file, 'second');
    const othersMay = process.platform === 'win32' ? 0 : (await stat(file)).mode & 0o077;
    expect(othersMay).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('second');
  } finally {
    await rm(folder, { recursive: true });
  }
});
