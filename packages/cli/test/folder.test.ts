import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeFolder } from '../src/dev/folder.ts';

it('makes a folder with those above it, and says which cannot be used', async () => {
  const base = await mkdtemp(join(tmpdir(), 'ebb-folder-'));
  try {
    const folder = join(base, 'a', 'b');
    await makeFolder(folder);
    await makeFolder(folder);
    expect((await stat(folder)).isDirectory()).toBe(true);
    await writeFile(join(base, 'file'), '');
    const within = join(base, 'file', 'c');
    await expect(makeFolder(within)).rejects.toThrow(`the folder ${within} cannot be used`);
  } finally {
    await rm(base, { recursive: true });
  }
});

it.runIf(process.platform === 'linux')('does not try for ever below a folder that takes no new one', async () => {
  await expect(makeFolder('/proc/ebb/data')).rejects.toThrow('choose one you may write to');
});
