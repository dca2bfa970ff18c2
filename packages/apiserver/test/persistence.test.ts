import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiServer } from '../src/index.ts';
import { MemoryStore } from '../src/store/memory-store.ts';
import { openLmdbStore } from '../src/store/lmdb-store.ts';
import { createTestApi } from '../src/testing.ts';
import { configMap, configMaps } from './fixtures.ts';
import { rawClient } from './raw-client.ts';
import { describeStore } from './store-contract.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ebb-store-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describeStore('the store in memory', () => Promise.resolve(new MemoryStore()));
describeStore('the store on disk', () => openLmdbStore(join(root, 'data')));

describe('a data directory', () => {
  const dataDir = (): string => join(root, 'data');

  it('holds objects, versions and credentials over a restart', async () => {
    const first = await createTestApi({ dataDir: dataDir() });
    const client = rawClient(first);
    const { body: made } = await client.call('POST', configMaps, configMap('kept', { a: '1' }));
    await client.call('POST', configMaps, configMap('gone'));
    const { body: deleted } = await client.call('DELETE', `${configMaps}/gone`);
    expect(deleted.status).toBe('Success');
    await client[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();

    await using second = await createTestApi({ dataDir: dataDir() });
    expect(second.token).toBe(first.token);
    expect(second.caCertificate).toBe(first.caCertificate);
    await using again = rawClient(second);
    expect((await again.call('GET', `${configMaps}/kept`)).body).toEqual(made);
    expect((await again.call('GET', `${configMaps}/gone`)).code).toBe(404);
    const { body: next } = await again.call('POST', configMaps, configMap('next'));
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion) + 1);
  });

  it('is for its owner only', async () => {
    const store = await openLmdbStore(dataDir());
    expect(statSync(join(dataDir(), 'state', 'data.mdb')).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir()).mode & 0o777).toBe(0o700);
    await store[Symbol.asyncDispose]();
  });

  it('is refused while another has it', async () => {
    const store = await openLmdbStore(dataDir());
    await expect(openLmdbStore(dataDir())).rejects.toThrow(
      `is in use by process ${process.pid}; stop that one, or choose`,
    );
    await store[Symbol.asyncDispose]();
    await (await openLmdbStore(dataDir()))[Symbol.asyncDispose]();
  });

  it('is refused if it holds something else, or an unknown format', async () => {
    mkdirSync(dataDir());
    writeFileSync(join(dataDir(), 'thesis.txt'), 'precious');
    await expect(openLmdbStore(dataDir())).rejects.toThrow(/holds other files/);
    writeFileSync(join(dataDir(), 'ebb-data.json'), '{"format":99}');
    await expect(openLmdbStore(dataDir())).rejects.toThrow(/has format 99, and this version of Ebb knows format 1/);
    expect(readFileSync(join(dataDir(), 'thesis.txt'), 'utf8')).toBe('precious');
  });

  it.each([
    ['is a file', () => writeFileSync(join(root, 'data'), '')],
    ['lies under a file', () => writeFileSync(root + '/x', '')],
  ])('is refused if it %s', async (what, prepare) => {
    prepare();
    const path = what === 'is a file' ? dataDir() : join(root, 'x', 'data');
    await expect(openLmdbStore(path)).rejects.toThrow(/^the data directory .* cannot be used \(.*\); choose/);
  });

  it.skipIf(process.getuid?.() === 0)('is refused if it cannot be written', async () => {
    mkdirSync(dataDir());
    chmodSync(dataDir(), 0o500);
    await expect(openLmdbStore(dataDir())).rejects.toThrow(/cannot be used/);
  });

  it.each([
    ['overwritten', (): Buffer => Buffer.alloc(65_536, 'garbage ')],
    ['cut to nothing', (): Buffer => Buffer.alloc(0)],
    ['cut short', (whole: Buffer): Buffer => whole.subarray(0, 5000)],
  ])('is never emptied when its file was %s', async (_, damage) => {
    const store = await openLmdbStore(dataDir());
    await store.write({ key: 'configmaps/default/a', value: () => '{}', revision: 1 });
    await store[Symbol.asyncDispose]();
    const file = join(dataDir(), 'state', 'data.mdb');
    const damaged = damage(readFileSync(file));
    writeFileSync(file, damaged);
    await expect(openLmdbStore(dataDir())).rejects.toThrow(/is damaged|cannot be read/);
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  it('names the object that cannot be read', async () => {
    const store = await openLmdbStore(dataDir());
    await store.write({ key: 'configmaps/default/a', value: () => '{"metadata":', revision: 1 });
    await store[Symbol.asyncDispose]();
    await expect(createTestApi({ dataDir: dataDir() })).rejects.toThrow(
      /damaged: "configmaps\/default\/a" cannot be read/,
    );
  });

  it('loses nothing acknowledged when the process is killed in a storm of writes', async () => {
    const { child, server } = await startChild(dataDir());
    const acknowledged = await storm(child, server);
    expect(acknowledged.size).toBeGreaterThan(20);
    await using api = await createTestApi({ dataDir: dataDir() });
    await using client = rawClient(api);
    expect(api.token).toBe(server.token);
    const { body } = await client.call('GET', configMaps);
    const found = new Map(body.items?.map((item) => [item.metadata.name, Number(item.data?.['n'] ?? -1)]));
    const lost = [...acknowledged].filter(([name, n]) => (found.get(name) ?? -1) < n);
    expect(lost).toEqual([]);
    const versions = body.items?.map((item) => Number(item.metadata.resourceVersion)) ?? [];
    const { body: next } = await client.call('POST', configMaps, configMap('next'));
    expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Math.max(...versions));
  });
});

type Server = Pick<ApiServer, 'url' | 'caCertificate' | 'token'>;

async function startChild(dataDir: string): Promise<{ child: ChildProcess; server: Server }> {
  const script = join(import.meta.dirname, 'storm.ts');
  const child = spawn(process.execPath, ['--conditions=ebb-source', '--import', 'tsx', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  return { child, server: JSON.parse(line) as Server };
}

/** Writes as fast as it goes from many sides, kills the server in the middle, and returns what was acknowledged. */
async function storm(child: ChildProcess, server: Server): Promise<Map<string, number>> {
  await using client = rawClient(server);
  const acknowledged = new Map<string, number>();
  const exited = once(child, 'exit');
  const writer = async (name: string): Promise<void> => {
    await client.call('POST', configMaps, configMap(name, { n: '0' }));
    for (let n = 1; ; n++) {
      const { code } = await client.call('PUT', `${configMaps}/${name}`, configMap(name, { n: String(n) }));
      if (code !== 200) throw new Error(`answered ${code}`);
      acknowledged.set(name, n);
      if (acknowledged.size > 30 && n > 5) child.kill('SIGKILL');
    }
  };
  await Promise.allSettled(Array.from({ length: 40 }, (_, i) => writer(`storm-${i}`)));
  await exited;
  return acknowledged;
}
