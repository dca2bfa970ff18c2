import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Route, type Service, resources, systemNamespace } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { type KubeClient, createKubeClient } from '@ebb/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestApi, namespace, newName, onCluster, openTestApi } from './api.ts';

const run = promisify(execFile);

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
if (!hasKubectl) process.stderr.write('kubectl is not on the PATH: what it shows of admission is skipped\n');

interface Told {
  readonly stdout: string;
  readonly stderr: string;
}

/** What a refusal of Ebb's reads like in kubectl, whichever API server it talks to. */
const denied = (webhook: string, text: string): string =>
  `Error from server (BadRequest): error when creating "manifest.yaml": admission webhook "${webhook}" denied the request: ${text}\n`;

const simple = (name: string): Service => ({
  metadata: { namespace, name },
  spec: { template: { spec: { containers: [{ name: 'user-container', image: 'dev.local/hello' }] } } },
});

const service = (name: string, container: string): string => `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: ${name} }
spec: { template: { spec: { containers: [${container}] } } }
`;

// Skipped only where kubectl is not installed, as on a new user's machine.
describe.skipIf(!hasKubectl)('admission, seen through kubectl', () => {
  let api: TestApi;
  let client: KubeClient;
  let folder: string;

  beforeAll(async () => {
    api = await openTestApi({ admission: 'all' });
    client = createKubeClient({ kubeconfig: api.kubeconfig });
    folder = await mkdtemp(join(tmpdir(), 'ebb-admission-'));
    await writeFile(join(folder, 'kubeconfig'), api.kubeconfig, { mode: 0o600 });
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const kubectl = async (manifest: string, ...args: string[]): Promise<Told> => {
    await writeFile(join(folder, 'manifest.yaml'), manifest);
    const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder };
    const command = ['--namespace', namespace, ...args, '-f', 'manifest.yaml'];
    return run('kubectl', command, { env, cwd: folder, timeout: 60_000 }).catch((error: Told) => error);
  };
  const found = (name: string): Promise<Service> => client.get(resources.services, { namespace, name });

  it('refuses a wrong Service with Knative’s text', async () => {
    const { stderr } = await kubectl(service('wrong', '{ image: dev.local/hello, name: 5 }'), 'create');
    expect(stderr).toContain(
      'mutation failed: cannot decode a number into field spec.template.spec.containers[0].name',
    );
    const two = service('wrong', '{ image: dev.local/hello }').replace(
      'containers:',
      'timeoutSeconds: 601, nodeSelector: { a: b }, affinity: { nodeAffinity: {} }, containers:',
    );
    expect((await kubectl(two, 'create')).stderr).toBe(
      denied(
        'validation.webhook.serving.knative.dev',
        'validation failed: expected 0 <= 601 <= 600: spec.template.spec.timeoutSeconds\n' +
          'must not set the field(s): spec.template.spec.affinity, spec.template.spec.nodeSelector',
      ),
    );
  });

  it('sets defaults, and says who made an object and who changed it', async () => {
    await kubectl(service('fine', '{ image: dev.local/hello }'), 'apply');
    const made = await found('fine');
    expect(made.spec).toMatchObject({
      template: { spec: { containerConcurrency: 0, timeoutSeconds: 300, containers: [{ name: 'user-container' }] } },
      traffic: [{ latestRevision: true, percent: 100 }],
    });
    const { 'serving.knative.dev/creator': creator, 'serving.knative.dev/lastModifier': modifier } =
      made.metadata.annotations ?? {};
    expect(creator).toMatch(/./);
    expect(modifier).toBe(creator);
    await kubectl(service('fine', '{ image: dev.local/hello }'), 'apply');
    expect((await found('fine')).metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });

  // The embedded API knows one user only.
  it.skipIf(!onCluster)('keeps the creator when another changes the spec', async () => {
    await kubectl(service('shared', '{ image: dev.local/hello }'), 'apply', '--as=ann', '--as-group=system:masters');
    await kubectl(service('shared', '{ image: dev.local/other }'), 'apply', '--as=bob', '--as-group=system:masters');
    expect((await found('shared')).metadata.annotations).toMatchObject({
      'serving.knative.dev/creator': 'ann',
      'serving.knative.dev/lastModifier': 'bob',
    });
    const forged = { 'serving.knative.dev/creator': 'eve' };
    const patch = client.patch(
      resources.services,
      { namespace, name: 'shared' },
      { type: 'merge', body: { metadata: { annotations: forged } } },
    );
    await expect(patch).rejects.toThrow(
      'validation failed: annotation value is immutable: metadata.annotations.serving.knative.dev/creator',
    );
  });

  it('tries out the Pod of a template in a dry run, and stores nothing', async () => {
    const wrong = service('tried', '{ image: dev.local/hello, name: Not_A_Name }');
    const { stderr } = await kubectl(wrong, 'apply', '--dry-run=server');
    expect(stderr).toMatch(
      /admission webhook "validation\.webhook\.serving\.knative\.dev" denied the request: validation callback failed: dry run failed with Pod "dry-run-validation\w*" is invalid: spec\.containers\[0\]\.name: Invalid value: "Not_A_Name": .*: spec\.template\n$/,
    );
    const right = service('tried', '{ image: dev.local/hello }');
    expect((await kubectl(right, 'apply', '--dry-run=server')).stdout).toBe(
      'service.serving.knative.dev/tried created (server dry run)\n',
    );
    await expect(found('tried')).rejects.toMatchObject({ reason: 'NotFound' });
    expect((await client.list(resources.pods, { namespace })).items).toEqual([]);
  });

  it('warns of what is allowed and unwise', async () => {
    const { stderr } = await kubectl(service(newName('unwise'), '{ image: dev.local/hello }'), 'create');
    expect(stderr).toMatch(
      /^Warning: Kubernetes' default is insecure here .*: spec\.template\.spec\.containers\[0\]\.securityContext\.allowPriv/,
    );
  });

  it('refuses a ConfigMap that its readers would not understand', async () => {
    const configMap = (data: string): string => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: config-gc
  namespace: ${systemNamespace}
  labels: { app.kubernetes.io/name: knative-serving, app.kubernetes.io/component: controller }
  annotations: { knative.dev/example-checksum: '8cdc1683' }
data: ${data}
`;
    const create = (data: string, ...more: string[]): Promise<Told> =>
      kubectl(configMap(data), 'create', `--namespace=${systemNamespace}`, ...more);
    const webhook = 'config.webhook.serving.knative.dev';
    expect((await create('{ min-non-active-revisions: "-3" }')).stderr).toBe(
      denied(webhook, 'validation failed: min-non-active-revisions = -3, must be at least 0'),
    );
    expect((await create('{ _example: other }')).stderr).toContain('copy the lines you want out of "_example"');
    const right = await create('{ _example: x, min-non-active-revisions: "3" }', '--dry-run=server');
    expect(right.stdout).toBe('configmap/config-gc created (server dry run)\n');
  });

  // The embedded API of these stories has no one to read its ConfigMaps, and excludes no namespace.
  it.skipIf(!onCluster)('follows the settings as they are written', async () => {
    const key = { namespace: systemNamespace, name: 'config-defaults' };
    const body = { metadata: key, data: { 'revision-timeout-seconds': '17' } };
    await client.patch(resources.configMaps, key, { type: 'apply', body, force: true });
    const timeout = async (): Promise<number | undefined> => {
      const made = await client.create(resources.services, simple('timed'), { dryRun: true });
      return made.spec.template.spec.timeoutSeconds;
    };
    await eventually(async () => (await timeout()) === 17, { what: 'the new default' });
    await client.delete(resources.configMaps, key);
    await eventually(async () => (await timeout()) === 300, { what: 'the old default' });
    expect(await timeout()).toBe(300);
  });

  it.skipIf(!onCluster)('leaves a namespace alone that asks for it', async () => {
    const name = newName(`${namespace}-excluded`);
    const labels = { 'webhooks.knative.dev/exclude': 'true' };
    await client.create(resources.namespaces, { metadata: { name, labels } });
    const { metadata, spec } = simple('free');
    const made = await client.create(resources.services, { metadata: { ...metadata, namespace: name }, spec });
    expect(made.metadata.annotations).toBeUndefined();
    expect(made.spec).not.toHaveProperty('traffic');
  });

  it('lets an object go', async () => {
    const traffic = [{ revisionName: 'r', latestRevision: false, percent: 100 }];
    const name = newName('old');
    const route: Route = { metadata: { namespace, name }, spec: { traffic } };
    await client.create(resources.routes, route);
    await client.delete(resources.routes, { namespace, name });
    const { items } = await client.list(resources.routes, { namespace });
    expect(items.filter((item) => item.metadata.name === name)).toEqual([]);
  });
});
