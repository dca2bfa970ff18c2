import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createApps } from './apps.ts';

let dir: string;
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'ebb-apps-')));
  await mkdir(join(dir, 'src', 'shop', 'node_modules', 'dep'), { recursive: true });
  await mkdir(join(dir, 'src', 'node_modules', 'shared'), { recursive: true });
  await writeFile(join(dir, 'src', 'shop', 'Procfile'), 'web: node server.js\n');
  await writeFile(join(dir, 'src', 'shop', 'server.js'), 'one');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const open = (): ReturnType<typeof createApps> => createApps([join(dir, 'src')], join(dir, 'images'));
const serverOf = async (folder = ''): Promise<string> => readFile(join(folder, 'server.js'), 'utf8');

describe('apps', () => {
  it('are run as they were when their image was told by its digest', async () => {
    const apps = await open();
    const first = apps.digestOf('dev.local/shop:v1') ?? '';
    expect(first).toMatch(/^dev\.local\/shop@sha256:[0-9a-f]{64}$/);
    await writeFile(join(dir, 'src', 'shop', 'server.js'), 'two');
    expect(await apps.refresh()).toEqual(['shop']);
    expect(await serverOf(apps.find(first)?.folder)).toBe('one');
    expect(await serverOf(apps.find('dev.local/shop')?.folder)).toBe('two');
    expect(apps.find(first)?.command).toBe('node server.js');
  });

  it('are still known by their digest after a restart', async () => {
    const first = (await open()).digestOf('dev.local/shop') ?? '';
    await writeFile(join(dir, 'src', 'shop', 'server.js'), 'two');
    const apps = await open();
    expect(await serverOf(apps.find(first)?.folder)).toBe('one');
    expect(apps.digestOf('dev.local/shop')).not.toBe(first);
  });

  it('have the same digest as long as nothing of theirs changes', async () => {
    const apps = await open();
    await writeFile(join(dir, 'src', 'shop', 'node_modules', 'dep', 'index.js'), '');
    await writeFile(join(dir, 'src', 'shop', 'service.yaml'), 'kind: Service\n');
    expect(await apps.refresh()).toEqual([]);
  });

  it('find what they depend on, in their folder and above it', async () => {
    const { folder = '' } = (await open()).find('dev.local/shop') ?? {};
    expect(await realpath(join(folder, 'node_modules', 'dep'))).toBe(join(dir, 'src', 'shop', 'node_modules', 'dep'));
    expect(await realpath(join(folder, '..', 'node_modules', 'shared'))).toBe(
      join(dir, 'src', 'node_modules', 'shared'),
    );
  });

  it('know no digest of images that are none of theirs', async () => {
    const apps = await open();
    expect([apps.digestOf('nginx'), apps.digestOf('dev.local/other'), apps.find('nginx')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
