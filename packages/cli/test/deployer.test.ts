import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAdmission, defaultServingConfig, keys, resources, servingCrds } from '@ebb/api';
import { createTestApi } from '@ebb/apiserver/testing';
import { createKubeClient } from '@ebb/kube';
import { expect, it } from 'vitest';
import { applyObject } from '../src/client/apply.ts';
import { type Deployed, createDeployer } from '../src/dev/deployer.ts';
import { parseManifest } from '../src/dev/manifests.ts';

const manifest = `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: shop, namespace: default }
spec: { template: { spec: { containers: [{ image: dev.local/shop }] } } }
`;

it('stamps what it deploys so that an apply of the same manifest by somebody else changes nothing', async () => {
  await using api = await createTestApi({
    crds: servingCrds(),
    admission: createAdmission(() => defaultServingConfig),
  });
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  const folder = await mkdtemp(join(tmpdir(), 'ebb-deployer-'));
  try {
    const file = join(folder, 'shop.yaml');
    await writeFile(file, manifest);
    const failed: unknown[] = [];
    const report = (result: { readonly kind: string }): void => void (result.kind === 'failed' && failed.push(result));
    await createDeployer({ client, namespace: 'default', hashOf: () => 'abc', report }).deploy([file]);
    expect(failed).toEqual([]);

    const [shop] = parseManifest(manifest, file);
    const object = shop?.object as unknown as Parameters<typeof applyObject>[2];
    const { object: live } = await applyObject(client, resources.services as never, object);
    expect(live).toMatchObject({
      metadata: { generation: 1 },
      spec: { template: { metadata: { annotations: { 'ebb.dev/source': 'abc' } } } },
    });
    expect(live.metadata.annotations?.[keys.lastApplied]).not.toContain('ebb.dev/source');
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('applies again a manifest whose template has a name of its own, and changes the traffic beside it', async () => {
  await using api = await createTestApi({
    crds: servingCrds(),
    admission: createAdmission(() => defaultServingConfig),
  });
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  const apply = async (text: string): Promise<string> => {
    const [shop] = parseManifest(text, 'shop.yaml');
    const object = shop?.object as unknown as Parameters<typeof applyObject>[2];
    return (await applyObject(client, resources.services as never, object)).applied;
  };
  const named = manifest
    .replace('template: {', 'template: { metadata: { name: shop-one },')
    .replace('dev.local/shop', 'dev.local/shop, ports: [{ containerPort: 8000 }]');
  const split = named.replace(/ }\n$/, ', traffic: [{ revisionName: shop-one, percent: 100, tag: one }] }\n');
  expect(await apply(named)).toBe('created');
  await apply(named);
  expect(await apply(named)).toBe('unchanged');
  expect(await apply(split)).toBe('configured');
  expect(await apply(split)).toBe('unchanged');
  const changed = apply(split.replace('dev.local/shop', 'dev.local/other'));
  await expect(changed).rejects.toThrow('Saw the following changes without a name change');
  expect(await apply(split.replace('shop-one },', 'shop-two },'))).toBe('configured');
});

it('makes the namespace asked for, and those of manifests before what is in them', async () => {
  await using api = await createTestApi();
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  const folder = await mkdtemp(join(tmpdir(), 'ebb-deployer-'));
  try {
    const contents = {
      'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }',
      'b.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b, namespace: shop }',
      'c.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, namespace: shop }\n---\napiVersion: v1\nkind: Namespace\nmetadata: { name: shop }',
    };
    const files = Object.keys(contents).map((name) => join(folder, name));
    await Promise.all(Object.entries(contents).map(([name, text]) => writeFile(join(folder, name), text)));
    const told: string[] = [];
    const report = (result: Deployed): void =>
      void told.push(result.kind === 'failed' ? result.message : `${result.object.metadata.name} ${result.what}`);
    const { deploy } = createDeployer({ client, namespace: 'mine', hashOf: () => undefined, report });
    await deploy(files);
    expect(told).toEqual(['shop created', 'c created', 'a created', 'b created']);
    await deploy(files);
    expect(told.splice(0).slice(4)).toEqual(['shop unchanged', 'c unchanged', 'a unchanged', 'b unchanged']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

it('deletes what is in no file any more, and nothing that has only moved to another', async () => {
  await using api = await createTestApi();
  await using client = createKubeClient({ kubeconfig: api.kubeconfig });
  const folder = await mkdtemp(join(tmpdir(), 'ebb-deployer-'));
  try {
    const [old = '', young = ''] = ['m.yaml', 'z.yaml'].map((name) => join(folder, name));
    await writeFile(old, 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }');
    const told: string[] = [];
    const report = (result: Deployed): void => void told.push(result.kind === 'failed' ? result.message : result.what);
    const { deploy } = createDeployer({ client, namespace: 'default', hashOf: () => undefined, report });
    await deploy([old]);
    await rename(old, young);
    await deploy([old, young]);
    await rename(young, old);
    await deploy([old]);
    await deploy([young]);
    expect(told).toEqual(['created', 'unchanged', 'unchanged']);
    await rm(old);
    await deploy([old]);
    expect(told.at(-1)).toBe('deleted');
  } finally {
    await rm(folder, { recursive: true });
  }
});
