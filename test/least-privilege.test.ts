import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DomainMapping, type KubernetesObject, type Service, resources, systemNamespace } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { runProgram } from '@ebb/cli';
import { type KubeClient, createKubeClient, isReady } from '@ebb/kube';
import { inject } from 'vitest';
import { describe, expect, it } from 'vitest';
import { namespace, onCluster, openTestApi } from './api.ts';
import './cluster/facts.ts';
import { freePort } from './cluster/free-port.ts';
import { type Permission, readDeployment, readPermissions } from './deployment.ts';
import { curl } from './platform.ts';

const run = promisify(execFile);
const auditLog = onCluster ? inject('cluster').auditLog : undefined;
const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

const components = ['controller', 'webhook', 'autoscaler', 'virtual-node', 'gateway'] as const;
/** What needs a kubelet, and the CRDs and the namespace, which are there. */
const notHere: ReadonlySet<string> = new Set(['Deployment', 'PodDisruptionBudget', 'Namespace']);

/** An answer of the API server to a component, as it writes it down. */
interface Audited {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  readonly stageTimestamp: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly annotations?: Readonly<Record<string, string>>;
}

function readAudit(path: string): readonly Audited[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : [];
  return lines.map((line) => JSON.parse(line) as Audited);
}

const isForbidden = ({ annotations }: Audited): boolean => annotations?.['authorization.k8s.io/decision'] === 'forbid';

/** Where its panel is, a local ECI tells if it may: there is none on the clusters that the rights are for. */
const isOfLocalEci = ({ objectRef }: Audited): boolean =>
  objectRef?.resource === 'secrets' && objectRef.name === 'ebb-local-eci';

function describeCall({ user, verb, requestURI }: Audited): string {
  return `${user.username.split(':').at(-1)} ${verb} ${requestURI.split('?')[0]}`;
}

const describePermission = ({ account, verb, resource }: Permission): string => `${account} ${verb} ${resource}`;

/** Whether the permission was what this call needed. */
function uses({ user, verb, objectRef }: Audited, permission: Permission): boolean {
  if (!objectRef || user.username !== `system:serviceaccount:${systemNamespace}:${permission.account}`) return false;
  const { apiGroup, resource, subresource, namespace: place = '', name = '' } = objectRef;
  const whole = `${apiGroup ? `${apiGroup}/` : ''}${resource}${subresource ? `/${subresource}` : ''}`;
  return (
    verb === permission.verb &&
    whole === permission.resource &&
    (permission.namespace === '' || permission.namespace === place) &&
    (permission.names.length === 0 || permission.names.includes(name))
  );
}

const hello = (version: string): Service => ({
  metadata: { namespace, name: 'hello' },
  spec: {
    template: {
      spec: { containers: [{ name: 'app', image: 'dev.local/hello', env: [{ name: 'TARGET', value: version }] }] },
    },
  },
});

// On clusters of others nobody writes down what the components ask; the embedded API has no RBAC.
describe.skipIf(auditLog === undefined || !hasKubectl)('the rights of the components', () => {
  it('are enough for their work, and no more', { timeout: 240_000 }, async () => {
    await using api = await openTestApi();
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    const home = await mkdtemp(join(tmpdir(), 'ebb-rights-'));
    const env = { ...process.env, KUBECONFIG: join(home, 'kubeconfig'), HOME: home };
    await writeFile(join(home, 'kubeconfig'), api.kubeconfig, { mode: 0o600 });
    const kubectl = async (...args: string[]): Promise<string> =>
      (await run('kubectl', args, { env, timeout: 60_000 })).stdout;
    const began = readAudit(auditLog ?? '').length;
    await install(home, kubectl);
    const failure = await mainJob({ client, kubectl, kubeconfig: api.kubeconfig, home }).then(
      () => undefined,
      (error: unknown) => error,
    );
    const selector = 'app.kubernetes.io/name=knative-serving';
    await kubectl('delete', 'clusterrole,clusterrolebinding', '--selector', selector);
    await kubectl('delete', 'role,rolebinding', '--all-namespaces', '--selector', selector);
    await rm(home, { recursive: true, force: true });
    // What failed, failed for this, most likely.
    const asked = readAudit(auditLog ?? '').slice(began);
    const forbidden = asked.filter((call) => isForbidden(call) && !isOfLocalEci(call));
    expect([...new Set(forbidden.map(describeCall))]).toEqual([]);
    expect(failure).toBeUndefined();
    const seldom = new Set(Object.values(rarely).flat());
    const unused = readPermissions().filter((permission) => !asked.some((call) => uses(call, permission)));
    expect(unused.map(describePermission).filter((permission) => !seldom.has(permission))).toEqual([]);
    const known = new Set(readPermissions().map(describePermission));
    expect([...seldom].filter((permission) => !known.has(permission))).toEqual([]);
  });
});

type Kubectl = (...args: string[]) => Promise<string>;

/** What `deploy/` says, but for what cannot run here. As with `-k`, the API server is told of the webhook last. */
async function install(home: string, kubectl: Kubectl): Promise<void> {
  const objects = readDeployment().flatMap(({ object }) => (notHere.has(object.kind ?? '') ? [] : [object]));
  const items = objects.toSorted((one, other) => Number(isWebhook(one)) - Number(isWebhook(other)));
  const file = join(home, 'deploy.json');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await kubectl('apply', '-f', file);
}

const isWebhook = ({ kind = '' }: KubernetesObject): boolean => kind.endsWith('WebhookConfiguration');

interface Job {
  readonly client: KubeClient;
  readonly kubectl: Kubectl;
  readonly kubeconfig: string;
  /** A folder for what it needs. */
  readonly home: string;
}

/** Everything that Ebb does in a day, each component under its own account. */
async function mainJob({ client, kubectl, kubeconfig, home }: Job): Promise<void> {
  const webhookPort = await freePort('127.0.0.1');
  const more: Partial<Record<(typeof components)[number], string[]>> = {
    webhook: ['--webhook-port', String(webhookPort), '--webhook-url', `https://127.0.0.1:${webhookPort}`],
    'virtual-node': ['--local-eci=process', join(import.meta.dirname, '..', 'examples')],
    gateway: ['--drain-seconds=0', '--grace-seconds=1'],
  };
  const programs: Program[] = [];
  try {
    for (const component of components) {
      const token = (await kubectl('create', 'token', component, '--namespace', systemNamespace)).trim();
      const file = join(home, `${component}.kubeconfig`);
      await writeFile(file, withToken(kubeconfig, token), { mode: 0o600 });
      programs.push(start(component, ['--kubeconfig', file, ...(more[component] ?? [])]));
    }
    await Promise.all(programs.map(({ ready }) => ready));
    const port = Number(/gateway on \S+:(\d+)/.exec(programs.at(-1)?.output() ?? '')?.[1]);
    await work(client, port, kubectl);
  } finally {
    // As if this process had been told to stop: each of them hears it.
    process.emit('SIGTERM');
    await Promise.all(programs.map(({ ended }) => ended));
  }
  expect(programs.map(({ output }) => output()).join('')).not.toMatch(/forbidden/i);
}

/** So that what happens in hours happens in seconds. */
const quick = {
  'config-domain': { localhost: '' },
  'config-network': { 'autocreate-cluster-domain-claims': 'true' },
  'config-autoscaler': { 'stable-window': '6s', 'scale-to-zero-grace-period': '1s' },
};
const nothingKept = {
  'retain-since-create-time': '0s',
  'retain-since-last-active-time': '0s',
  'min-non-active-revisions': '0',
  'max-non-active-revisions': '0',
};

async function work(client: KubeClient, port: number, kubectl: Kubectl): Promise<void> {
  const eventuallyTrue = (what: string, condition: () => Promise<boolean>): Promise<unknown> =>
    eventually(condition, { what, timeoutMs: 60_000 });
  const ready = (generation: number): Promise<unknown> =>
    eventuallyTrue(`generation ${generation} ready`, async () => {
      const service = await client.get(resources.services, { namespace, name: 'hello' });
      if ((service.metadata.generation ?? 0) >= generation && isReady(service)) return true;
      throw new Error(JSON.stringify(service.status));
    });
  const change = (body: object): Promise<unknown> =>
    client.patch(resources.services, { namespace, name: 'hello' }, { type: 'merge', body });
  const configure = (name: string, data: object): Promise<unknown> =>
    client.patch(resources.configMaps, { namespace: systemNamespace, name }, { type: 'merge', body: { data } });

  for (const [name, data] of Object.entries(quick)) {
    await eventually(() => configure(name, data), { what: `${name}, by way of the webhook` });
  }
  await client.create(resources.services, hello('one'), { dryRun: true });
  await client.create(resources.services, hello('one'));
  await ready(1);
  const answer = await curl(port, `hello.${namespace}.localhost`, { path: '/', headers: {} });
  expect(answer.status).toBe(200);
  // The virtual node asks whether the API server may.
  const [pod] = (await client.list(resources.pods, { namespace })).items;
  const command = ['exec', '--namespace', namespace, pod?.metadata.name ?? '', '--', 'echo', 'hi'];
  expect(await kubectl(...command)).toBe('hi\n');

  for (const mapping of mappings) await client.create(resources.domainMappings, mapping);
  await client.create(resources.routes, {
    metadata: { namespace, name: 'plain' },
    spec: { traffic: [{ configurationName: 'hello', percent: 100 }] },
  });
  await change({ spec: { traffic: [{ latestRevision: true, percent: 100, tag: 'now' }] } });
  await ready(2);
  await change({ spec: { traffic: [{ latestRevision: true, percent: 100 }] } });
  await ready(3);
  await change(hello('two'));
  await ready(4);
  await eventuallyTrue('both domains looked at', async () => {
    const { items } = await client.list(resources.domainMappings, { namespace });
    return items.every(({ metadata, status }) => status?.observedGeneration === metadata.generation);
  });
  for (const { metadata } of mappings) {
    await client.delete(resources.domainMappings, { namespace, name: metadata.name ?? '' });
  }
  await eventuallyTrue(
    'scale to zero',
    async () => (await client.list(resources.pods, { namespace })).items.length === 0,
  );
  await configure('config-gc', nothingKept);
  await change(hello('three'));
  await eventuallyTrue('one Revision left', async () => {
    const { items } = await client.list(resources.revisions, { namespace });
    return items.length === 1 && items[0]?.metadata.name === 'hello-00003';
  });
  await client.delete(resources.routes, { namespace, name: 'plain' });
  await client.delete(resources.services, { namespace, name: 'hello' });
  await eventuallyTrue('the end', async () => (await client.list(resources.pods, { namespace })).items.length === 0);
}

const mappings: readonly DomainMapping[] = [
  { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'hello' },
  { apiVersion: 'v1', kind: 'Service', name: 'kubernetes' },
].map((ref) => ({ metadata: { namespace, name: `${ref.name}.example.test` }, spec: { ref } }));

/** What the story does not come to need, and when it is. */
const rarely: Readonly<Record<string, readonly string[]>> = {
  'somebody else made an object of a child’s name a moment ago': [
    'controller get serving.knative.dev/configurations',
    'controller get serving.knative.dev/routes',
    'controller get serving.knative.dev/revisions',
    'controller get autoscaling.internal.knative.dev/podautoscalers',
    'controller get networking.internal.knative.dev/ingresses',
    'controller get networking.internal.knative.dev/clusterdomainclaims',
    'controller get endpoints',
  ],
  'somebody changed a child': [
    'controller update serving.knative.dev/configurations',
    'controller update autoscaling.internal.knative.dev/podautoscalers',
    'controller update networking.internal.knative.dev/ingresses',
    'controller update services',
  ],
  'a load balancer with an address and no name': [
    'controller create endpoints',
    'controller update endpoints',
    'controller delete endpoints',
  ],
  'a class of scaling looks at it': [
    'autoscaler get nodes/proxy',
    'autoscaler get configmaps',
    'autoscaler create configmaps',
    'autoscaler patch configmaps',
    'autoscaler get serving.knative.dev/services',
    'autoscaler patch autoscaling.internal.knative.dev/podautoscalers/scale',
    'controller get autoscaling/horizontalpodautoscalers',
    'controller create autoscaling/horizontalpodautoscalers',
    'controller update autoscaling/horizontalpodautoscalers',
    'controller delete autoscaling/horizontalpodautoscalers',
  ],
  'eci-profile has selectors of namespaces': ['virtual-node get namespaces'],
  'eci-profile leaves a zone out': ['virtual-node delete nodes'],
  'instances run in the cloud': ['virtual-node create configmaps', 'virtual-node patch configmaps'],
  'a spot instance is to be taken back': ['virtual-node create pods/eviction'],
  'a request has waited for an instance to start': ['gateway create events', 'gateway patch events'],
  'a certificate ends': ['webhook update secrets'],
  'a certificate is no good': ['webhook create events', 'webhook patch events'],
  'the same is said again': ['controller patch events', 'autoscaler patch events', 'virtual-node patch events'],
  'a pod wants to know of Services': ['virtual-node list services'],
  'a pod refers to it': [
    'virtual-node get configmaps',
    'virtual-node get secrets',
    'virtual-node get serviceaccounts',
    'virtual-node get persistentvolumeclaims',
    'virtual-node get persistentvolumes',
    'virtual-node create serviceaccounts/token',
  ],
  'somebody with a token looks into a pod': ['virtual-node create authentication.k8s.io/tokenreviews'],
  'a group without a pod is found, a Node is there from before, or a lease of its is renewed': [
    'virtual-node get pods',
    'virtual-node get nodes',
    'virtual-node patch nodes',
    'virtual-node patch coordination.k8s.io/leases',
  ],
  'a replica takes over': [
    'controller update coordination.k8s.io/leases',
    'autoscaler update coordination.k8s.io/leases',
    'virtual-node update coordination.k8s.io/leases',
    'gateway update coordination.k8s.io/leases',
  ],
};

/** `ebb run` in this process. */
interface Program {
  readonly output: () => string;
  readonly ready: Promise<unknown>;
  readonly ended: Promise<number>;
}

const ports = ['--port', '--private-port', '--health-port', '--stats-port', '--webhook-port', '--kubelet-port'];

function start(component: string, args: readonly string[]): Program {
  let text = '';
  const take = (more: string): void => void (text += more);
  const free = ports.flatMap((port) => [port, '0']);
  const ended = runProgram(
    ['run', `--components=${component}`, '--name', component, '--log-level', 'error', ...free, ...args],
    { out: take, err: take, exit: () => {}, env: { HOME: process.env['HOME'] }, cwd: tmpdir(), color: false },
  );
  const ready = eventually(() => /ebb run: ready/.test(text) || Promise.reject(new Error(text)), {
    what: `${component} ready`,
    timeoutMs: 60_000,
  });
  return { ended, ready, output: () => text };
}

/** The kubeconfig for somebody else: it is JSON. */
function withToken(kubeconfig: string, token: string): string {
  const config = JSON.parse(kubeconfig) as { users: { user: unknown }[] };
  return JSON.stringify({ ...config, users: config.users.map((each) => ({ ...each, user: { token } })) });
}
