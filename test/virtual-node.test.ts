import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PeerCertificate, connect as connectTls } from 'node:tls';
import {
  type CoreEvent,
  type KubernetesObject,
  type Node,
  type Pod,
  type Resource,
  isNotFound,
  keys,
  resources,
} from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { type RemoteKubeClient, createKubeClient } from '@ebb/kube';
import { type LocalEci, type Runtime, createProcessRuntime } from '@ebb/local-eci';
import { createTestEci, testAccessKey } from '@ebb/local-eci/testing';
import { createVirtualNodes } from '@ebb/virtual-node';
import { type Eci, createEci } from '../packages/virtual-node/src/eci/eci.ts';
import { makeContainerGroup } from '../packages/virtual-node/src/pods/container-group.ts';
import { emptyLookup } from '../packages/virtual-node/test/empty-lookup.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type TestApi, namespace, onCluster, openTestApi } from './api.ts';

const nodeName = 'virtual-kubelet-cn-hangzhou-j';

const server = `
import { createServer } from 'node:http';
console.log('starting in ' + process.env.COLOR);
createServer((request, response) => response.end('pid ' + process.pid))
  .listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => { console.log('bye'); process.exit(0); });
`;

let folder: string;
let api: TestApi;
let client: RemoteKubeClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebb-test-'));
  await writeFile(join(folder, 'app.mjs'), server);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  api = await openTestApi();
  client = createKubeClient({ kubeconfig: api.kubeconfig });
});
afterEach(async () => {
  await client[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

function makeRuntime(): Runtime {
  return createProcessRuntime({
    images: (image) => (image === 'dev.local/app' ? { name: 'app', folder, command: 'node app.mjs' } : undefined),
    imageNames: () => ['app'],
    dataDir: join(folder, 'run'),
    clock: systemClock,
    logger: silentLogger,
  });
}

/** A virtual node over an ECI, until disposed. The ECI outlives it. */
async function startNode(eci: LocalEci, accessKey = testAccessKey): Promise<AsyncDisposable> {
  const stop = new AbortController();
  const node = createVirtualNodes({
    client,
    eci: { endpoint: eci.endpoint, protocol: 'http', regionId: eci.regionId, ...accessKey },
    nodeName,
    zone: 'cn-hangzhou-j',
    kubelet: { host: '127.0.0.1', port: 0, ...api.kubelet },
    clock: systemClock,
    logger: silentLogger,
    random: Math.random,
  });
  const running = node.run({ signal: stop.signal });
  if (accessKey === testAccessKey) await Promise.race([node.synced, running]);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new DOMException('stopping', 'AbortError'));
      await running;
    },
  };
}

function makePod(
  name: string,
  container: Partial<Pod['spec']['containers'][number]> = {},
  spec: Partial<Pod['spec']> = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: 'app',
          image: 'dev.local/app',
          ports: [{ containerPort: 8080 }],
          env: [{ name: 'COLOR', value: 'blue' }],
          readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
          ...container,
        },
      ],
      ...spec,
    },
  };
}

interface SigningRequest extends KubernetesObject {
  readonly spec?: { readonly signerName: string };
  readonly status?: { readonly conditions?: readonly object[] };
}
const signingRequests: Resource<SigningRequest> = {
  group: 'certificates.k8s.io',
  version: 'v1',
  plural: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  namespaced: false,
};

/** A pod without files: the test need not find the ConfigMap with the API server's authority for them. */
const tokenless: Partial<Pod['spec']> = { automountServiceAccountToken: false };

const getPod = (name: string): Promise<Pod> => client.get(resources.pods, { namespace, name });

const readyPod = (name: string): Promise<Pod> =>
  eventually(
    async () => {
      const pod = await getPod(name);
      const isReady = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      return isReady ? pod : undefined;
    },
    { what: `pod ${name} ready` },
  );

const isGone = (name: string): Promise<boolean> => getPod(name).then(() => false, isNotFound);

async function logOf(name: string, query = ''): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of client.stream(`/api/v1/namespaces/${namespace}/pods/${name}/log${query}`))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const urlOf = ({ metadata, status }: Pod): string =>
  `http://${status?.podIP}:${metadata.annotations?.[keys.userPort]}/`;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const cloudOf = ({ endpoint, regionId }: LocalEci): Eci =>
  createEci({ endpoint, protocol: 'http', regionId, ...testAccessKey });

const groupsOf = async (eci: LocalEci): Promise<string[]> => {
  const groups = await cloudOf(eci).list({});
  return groups.map(({ containerGroupId = '' }) => containerGroupId);
};

describe('the virtual node', () => {
  it('is a Node that is Ready, with role, taint, lease and a kubelet port', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    const node: Node = await client.get(resources.nodes, { name: nodeName });
    expect(node.metadata.labels).toMatchObject({
      type: 'virtual-kubelet',
      'kubernetes.io/role': 'agent',
      'beta.kubernetes.io/os': 'linux',
      'failure-domain.beta.kubernetes.io/zone': node.metadata.labels?.['topology.kubernetes.io/zone'],
    });
    // A real cluster adds one of its own, until its node controller has seen that the node is ready.
    expect(node.spec?.taints).toContainEqual({
      key: 'virtual-kubelet.io/provider',
      value: 'alibabacloud',
      effect: 'NoSchedule',
    });
    expect(node.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    expect(node.status?.daemonEndpoints?.kubeletEndpoint?.Port).toBeGreaterThan(0);
    const lease = await client.get(resources.leases, { namespace: 'kube-node-lease', name: nodeName });
    expect(lease).toMatchObject({ spec: { holderIdentity: nodeName, leaseDurationSeconds: 40 } });
    expect(lease.metadata.ownerReferences?.[0]?.uid).toBe(node.metadata.uid);
  });

  it.skipIf(!onCluster)('shows a certificate of the cluster once somebody has approved it', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    const approval = { type: 'Approved', status: 'True', reason: 'Story', message: 'it is ours' };
    const body = { status: { conditions: [approval] } };
    // None that Ebb itself has any business with.
    const subresource = 'approval' as 'status';
    /** Nodes of other stories left theirs: whose is whose, the requests do not tell. */
    const approveAll = async (): Promise<void> => {
      const { items } = await client.list(signingRequests);
      const waiting = items.filter(
        ({ spec, status }) => spec?.signerName === 'kubernetes.io/kubelet-serving' && !status?.conditions,
      );
      for (const { metadata } of waiting) {
        await client.patch(signingRequests, { name: metadata.name ?? '' }, { type: 'merge', body }, { subresource });
      }
    };
    const { status } = await client.get(resources.nodes, { name: nodeName });
    const port = status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
    const host = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';
    const shown = (): Promise<PeerCertificate> =>
      new Promise((resolve, reject) => {
        const socket = connectTls({ host, port, rejectUnauthorized: false }, () => {
          resolve(socket.getPeerCertificate());
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const certificate = await eventually(async () => {
      await approveAll();
      const found = await shown();
      return found.issuer.CN === 'ebb-ca' ? undefined : found;
    });
    expect(certificate).toMatchObject({
      subject: { CN: `system:node:${nodeName}`, O: 'system:nodes' },
      subjectaltname: `IP Address:${host}`,
    });
  });

  it('runs a bound pod as a process, tells its address, serves its log, and ends it with the pod', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    await client.create(resources.pods, makePod('web'));
    const pod = await readyPod('web');
    expect(pod.status).toMatchObject({ phase: 'Running', podIP: '127.0.0.1', qosClass: 'BestEffort' });
    expect(pod.metadata.annotations?.['k8s.aliyun.com/eci-instance-id']).toMatch(/^eci-/);
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({
      ready: true,
      restartCount: 0,
      containerID: expect.stringMatching(/^eci:\/\//),
    });

    const pid = Number((await (await fetch(urlOf(pod))).text()).slice(4));
    await eventually(async () => (await logOf('web')) === 'starting in blue\nlistening\n');
    expect(await logOf('web', '?tailLines=1')).toBe('listening\n');

    await client.delete(resources.pods, { namespace, name: 'web' });
    await eventually(() => isGone('web'));
    await eventually(() => !isAlive(pid));
    expect(await groupsOf(eci)).toEqual([]);
  });

  it('writes a status only when something changed', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    await client.create(resources.pods, makePod('web'));
    const { metadata } = await readyPod('web');
    await systemClock.sleep(500);
    expect((await getPod('web')).metadata.resourceVersion).toBe(metadata.resourceVersion);
  });

  it('takes the environment from ConfigMaps and Secrets, and waits for one that is missing', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    const env = [{ name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'colors', key: 'main' } } }];
    await client.create(resources.pods, makePod('web', { env }));
    await eventually(async () => {
      const { status } = await getPod('web');
      return status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError';
    });
    await client.create(resources.configMaps, { metadata: { name: 'colors', namespace }, data: { main: 'green' } });
    await readyPod('web');
    expect(await logOf('web')).toMatch(/^starting in green/);
  });

  it('gives a pod its files: config, fields of its own, and a token of its service account', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    await client.create(resources.serviceAccounts, { metadata: { name: 'robot', namespace } });
    await client.create(resources.configMaps, { metadata: { name: 'colors', namespace }, data: { main: 'green' } });
    const sources = [
      { configMap: { name: 'colors' } },
      { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      { serviceAccountToken: { path: 'token', audience: 'shop', expirationSeconds: 600 } },
    ];
    const command = ['/bin/sh', '-c', 'cd $EBB_MOUNT_1; cat main; echo; cat name; echo; cat token; echo; sleep 100'];
    const volumeMounts = [{ name: 'all', mountPath: '/all', readOnly: true }];
    const pod = makePod(
      'web',
      { command, volumeMounts },
      { serviceAccountName: 'robot', automountServiceAccountToken: false },
    );
    pod.spec.volumes = [{ name: 'all', projected: { sources } }];
    delete pod.spec.containers[0]?.readinessProbe;
    await client.create(resources.pods, pod);
    await readyPod('web');
    const [main, name, token = ''] = await eventually(async () => {
      const lines = (await logOf('web')).split('\n');
      return lines.length > 3 ? lines : undefined;
    });
    expect([main, name]).toEqual(['green', 'web']);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({ sub: `system:serviceaccount:${namespace}:robot`, aud: ['shop'] });
  });

  it('shows why a pod cannot be run, and what to do', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    await client.create(resources.pods, makePod('web', { image: 'docker.io/library/nginx' }));
    await eventually(async () => {
      const waiting = (await getPod('web')).status?.containerStatuses?.[0]?.state?.waiting;
      return waiting?.reason === 'ImagePullBackOff' && waiting.message?.includes('found: app');
    });
    expect((await getPod('web')).status?.phase).toBe('Pending');
    await expect(logOf('web')).rejects.toThrow('waiting to start');
  });

  it('shows a refusal of ECI as ProviderFailed, with an event', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    await client.create(resources.pods, makePod('web', { args: ['x'.repeat(5000)] }));
    await eventually(async () => (await getPod('web')).status?.reason === 'ProviderFailed');
    expect((await getPod('web')).status).toMatchObject({
      phase: 'Pending',
      message: expect.stringContaining('InvalidParameter'),
    });
    await eventually(async () => {
      const { items } = await client.list(resources.events, { namespace });
      return items.some(({ reason }: CoreEvent) => reason === 'ProviderCreateFailed');
    });
  });

  it('ends a pod that is active for too long, though it never ran', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    const env = [{ name: 'A', valueFrom: { secretKeyRef: { name: 'never', key: 'a' } } }];
    const spec = { ...tokenless, activeDeadlineSeconds: 1 };
    await client.create(resources.pods, makePod('late', { env }, spec));
    await client.create(resources.pods, makePod('imageless', { image: 'docker.io/library/nginx' }, spec));
    for (const name of ['late', 'imageless']) {
      const { status } = await eventually(async () => {
        const pod = await getPod(name);
        return pod.status?.phase === 'Failed' ? pod : undefined;
      });
      expect(status).toMatchObject({
        reason: 'DeadlineExceeded',
        containerStatuses: [{ state: { terminated: { reason: 'DeadlineExceeded' } } }],
      });
    }
  });

  it('lets a hook sleep before it stops a pod', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    const hooks: object = { lifecycle: { preStop: { sleep: { seconds: 1 } } } };
    await client.create(resources.pods, makePod('sleeper', hooks, tokenless));
    await readyPod('sleeper');
    const beganMs = systemClock.now();
    await client.delete(resources.pods, { namespace, name: 'sleeper' });
    await eventually(() => isGone('sleeper'));
    expect(systemClock.now() - beganMs).toBeGreaterThan(1000);
  });

  it('ends a group at once when the grace its pod was deleted with is over, though it was made with a longer one', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    const command = ['/bin/sh', '-c', "trap '' TERM; while :; do sleep 0.1; done"];
    const readinessProbe = { exec: { command: ['true'] } };
    const spec = { ...tokenless, terminationGracePeriodSeconds: 3600 };
    await client.create(resources.pods, makePod('stubborn', { command, readinessProbe }, spec));
    await readyPod('stubborn');
    await client.delete(resources.pods, { namespace, name: 'stubborn' }, { gracePeriodSeconds: 1 });
    await eventually(async () => expect(await groupsOf(eci)).toEqual([]), { timeoutMs: 30_000 });
    await eventually(() => isGone('stubborn'));
  });

  it('gives a deleted pod that is kept by a finalizer its last phase, which Jobs wait for', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    const pod = makePod('kept', {}, tokenless);
    await client.create(resources.pods, { ...pod, metadata: { ...pod.metadata, finalizers: ['example.com/kept'] } });
    await readyPod('kept');
    await client.delete(resources.pods, { namespace, name: 'kept' });
    await eventually(async () => expect((await getPod('kept')).status?.phase).toMatch(/Succeeded|Failed/));
    await client.patch(
      resources.pods,
      { namespace, name: 'kept' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
    await eventually(() => isGone('kept'));
  });

  it('calls a pod unschedulable that no instance is large enough for', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    await client.create(resources.pods, makePod('web', { resources: { requests: { cpu: '50' } } }));
    const condition = await eventually(async () =>
      (await getPod('web')).status?.conditions?.find(
        ({ type, status }) => type === 'PodScheduled' && status === 'False',
      ),
    );
    expect(condition).toMatchObject({
      reason: 'Unschedulable',
      message: expect.stringContaining('Insufficient cpu'),
    });
  });

  it('tells of a crash with its exit code and last lines', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await using _node = await startNode(eci);
    const command = ['/bin/sh', '-c', 'echo broken >&2; exit 7'];
    await client.create(resources.pods, makePod('web', { command, terminationMessagePolicy: 'FallbackToLogsOnError' }));
    const last = await eventually(
      async () => (await getPod('web')).status?.containerStatuses?.[0]?.lastState?.terminated,
    );
    expect(last).toMatchObject({ exitCode: 7, message: expect.stringContaining('broken') });
    await eventually(
      async () => (await getPod('web')).status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff',
    );
    expect(await logOf('web', '?previous=true')).toBe('broken\n');
  });

  it('says on its pods, too, that the cloud does not take its key', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    await client.create(resources.pods, makePod('early', {}, tokenless));
    await using _node = await startNode(eci, { ...testAccessKey, accessKeySecret: 'wrong' });
    await client.create(resources.pods, makePod('late', {}, tokenless));
    const told = async (): Promise<string[]> => {
      const { items } = await client.list(resources.events, { namespace });
      const failed = items.filter(({ message = '' }) => /^no container group .*SignatureDoesNotMatch/.test(message));
      return failed.map(({ involvedObject }) => involvedObject?.name ?? '').toSorted();
    };
    await eventually(async () => expect(await told()).toEqual(['early', 'late']), { timeoutMs: 20_000 });
  });

  it('finds its groups again after a restart, and deletes those whose pods went meanwhile', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    const first = await startNode(eci);
    await client.create(resources.pods, makePod('stays'));
    await client.create(resources.pods, makePod('goes'));
    const { metadata } = await readyPod('stays');
    await readyPod('goes');
    await first[Symbol.asyncDispose]();
    await client.delete(resources.pods, { namespace, name: 'goes' }, { gracePeriodSeconds: 0 });

    await using _second = await startNode(eci);
    await eventually(async () => (await groupsOf(eci)).length === 1);
    const stays = await getPod('stays');
    expect(await groupsOf(eci)).toEqual([stays.metadata.annotations?.['k8s.aliyun.com/eci-instance-id']]);
    expect(stays.metadata.uid).toBe(metadata.uid);
    expect((await fetch(urlOf(stays))).status).toBe(200);
  });

  it('takes over a group whose maker was killed before it could say so', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    const pod = await client.create(resources.pods, makePod('web', {}, tokenless));
    const id = await cloudOf(eci).create(makeContainerGroup(pod, emptyLookup));
    await using _node = await startNode(eci);
    const { metadata } = await readyPod('web');
    expect(metadata.annotations?.['k8s.aliyun.com/eci-instance-id']).toBe(id);
    expect(await groupsOf(eci)).toEqual([id]);
  });

  it('deletes a second group that was made for a pod', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    const pod = await client.create(resources.pods, makePod('web', {}, tokenless));
    const group = makeContainerGroup(pod, emptyLookup);
    const { clientToken: _, ...anonymous } = group;
    for (let copy = 0; copy < 2; copy += 1) await cloudOf(eci).create(anonymous);
    await using _node = await startNode(eci);
    const { metadata } = await readyPod('web');
    await eventually(async () => (await groupsOf(eci)).length === 1);
    expect(await groupsOf(eci)).toEqual([metadata.annotations?.['k8s.aliyun.com/eci-instance-id']]);
  });

  it('tells a pod from another of the same name that was there before', async () => {
    await using eci = await createTestEci({ runtime: makeRuntime() });
    const first = await startNode(eci);
    await client.create(resources.pods, makePod('web'));
    const [before] = [await readyPod('web')];
    await first[Symbol.asyncDispose]();
    await client.delete(resources.pods, { namespace, name: 'web' }, { gracePeriodSeconds: 0 });
    await client.create(resources.pods, makePod('web'));

    await using _second = await startNode(eci);
    const after = await readyPod('web');
    const id = 'k8s.aliyun.com/eci-instance-id';
    expect(after.metadata.annotations?.[id]).not.toBe(before.metadata.annotations?.[id]);
    await eventually(async () => (await groupsOf(eci)).length === 1);
  });
});
