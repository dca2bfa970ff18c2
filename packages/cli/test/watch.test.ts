import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { watch } from '../src/dev/watch.ts';

it('tells absolute paths of what changes below a relative one, as the deployer knows them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-watch-'));
  const file = join(folder, 'service.yaml');
  const told = new Set<string>();
  const onChange = (paths: readonly string[]): void => paths.forEach((path) => told.add(path));
  const watcher = watch({ paths: [relative(process.cwd(), folder)], clock: systemClock, onChange, quietMs: 1 });
  try {
    // Written again and again: the watcher says nothing of when it has begun to look.
    await eventually(async () => {
      await writeFile(file, String(Math.random()));
      await systemClock.sleep(200);
      return told.size > 0;
    });
    expect([...told]).toContain(file);
  } finally {
    await watcher[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  }
});
