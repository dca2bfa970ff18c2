import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createKubeClient, hasDefaultKubeconfig, namespaceOf } from '../src/index.ts';
import { loadKubeconfig } from '../src/load-kubeconfig.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebb-kubeconfig-'));
  vi.stubEnv('HOME', folder);
  vi.stubEnv('KUBECONFIG', '');
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

interface Named {
  readonly cluster: string;
  readonly server?: string;
  readonly current?: boolean;
  readonly namespace?: string;
}

async function write(
  file: string,
  { cluster, server = `https://${cluster}.example`, current = true, namespace }: Named,
): Promise<string> {
  const path = join(folder, file);
  const context = { cluster, user: cluster, ...(namespace ? { namespace } : {}) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server } }],
    users: [{ name: cluster, user: { token: `token of ${file}` } }],
    contexts: [{ name: cluster, context }],
    ...(current ? { 'current-context': cluster } : {}),
  };
  await writeFile(path, JSON.stringify(config));
  return path;
}

it('merges the files of KUBECONFIG as kubectl does: the first that names a thing counts, and one may be missing', async () => {
  const files = [
    join(folder, 'missing'),
    await write('a', { cluster: 'one', current: false, namespace: 'team' }),
    await write('b', { cluster: 'two' }),
    await write('c', { cluster: 'one', server: 'https://other.example' }),
  ];
  vi.stubEnv('KUBECONFIG', files.join(delimiter));
  expect(loadKubeconfig({}).getCurrentCluster()?.server).toBe('https://two.example');
  const one = loadKubeconfig({ context: 'one' });
  expect(one.getCurrentCluster()?.server).toBe('https://one.example');
  expect(one.getCurrentUser()?.token).toBe('token of a');
  expect(namespaceOf({ context: 'one' })).toBe('team');
  expect(namespaceOf({})).toBeUndefined();
});

it('takes the file named, else that of KUBECONFIG, else that of the home folder', async () => {
  expect(hasDefaultKubeconfig()).toBe(false);
  await mkdir(join(folder, '.kube'));
  await write('.kube/config', { cluster: 'home' });
  const [listed, named] = [await write('listed', { cluster: 'listed' }), await write('named', { cluster: 'named' })];
  const server = (source = {}): string | undefined => loadKubeconfig(source).getCurrentCluster()?.server;
  expect(hasDefaultKubeconfig()).toBe(true);
  expect(server()).toBe('https://home.example');
  vi.stubEnv('KUBECONFIG', listed);
  expect(server()).toBe('https://listed.example');
  expect(server({ kubeconfigPath: named })).toBe('https://named.example');
});

it('says what is missing', async () => {
  const file = await write('a', { cluster: 'one' });
  expect(() => createKubeClient({ kubeconfigPath: file, context: 'two' })).toThrow(
    'there is no context "two" in the kubeconfig; it has one',
  );
  expect(() => createKubeClient({ kubeconfigPath: join(folder, 'none') })).toThrow(
    /cannot read the kubeconfig from .*none/,
  );
  expect(() => createKubeClient()).toThrow('no kubeconfig: name one with KUBECONFIG');
  vi.stubEnv('KUBECONFIG', join(folder, 'gone'));
  expect(() => createKubeClient()).toThrow(/none of the files in KUBECONFIG is there: .*gone/);
});
