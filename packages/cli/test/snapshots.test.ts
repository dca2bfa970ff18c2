import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createApps } from '../src/dev/apps.ts';

it('keeps apart two apps with the same contents, in this run and the next', async () => {
  const base = await mkdtemp(join(tmpdir(), 'ebb-snapshots-'));
  try {
    for (const name of ['one', 'two']) {
      await mkdir(join(base, 'apps', name), { recursive: true });
      await writeFile(join(base, 'apps', name, 'Procfile'), 'web: node app.js\n');
    }
    for (const run of [1, 2]) {
      const apps = await createApps([join(base, 'apps')], join(base, 'kept'));
      for (const name of ['one', 'two']) {
        const folder = apps.find(apps.digestOf(`dev.local/${name}`) ?? '')?.folder ?? '';
        expect(folder, `run ${run}`).toContain(join(base, 'kept'));
        expect((await stat(folder)).isDirectory()).toBe(true);
      }
    }
  } finally {
    await rm(base, { recursive: true });
  }
});
