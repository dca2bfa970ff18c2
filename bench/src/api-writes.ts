import { type Admission, type CoreEvent, type KubeClient, type Pod, resources } from '@ebb/api';
import { createApiServer } from '@ebb/apiserver';
import { silentLogger, systemClock } from '@ebb/base';
import { createInformer } from '@ebb/kube';

const namespace = 'default';
const warmUp = 500;
const watchers = 4;
/** So many at a time, as a burst has it. */
const together = 50;

/** What the embedded API needs for each write in the life of a pod, in memory, with informers that watch: µs of processor time. */
export async function apiWrites({ pods = 3000 }: { readonly pods?: number } = {}): Promise<object> {
  const admission: Admission = { mutate: ({ object }) => object, validate: () => ({ warnings: [] }) };
  await using api = await createApiServer({ crds: [], clock: systemClock, logger: silentLogger, admission });
  await using autoscaler = api.connect({ fieldManager: 'ebb-autoscaler' });
  await using node = api.connect({ fieldManager: 'ebb-virtual-node' });
  const stop = new AbortController();
  const informers = Array.from({ length: watchers }, () =>
    createInformer(node, resources.pods, { clock: systemClock, logger: silentLogger, random: Math.random }),
  );
  const running = informers.map((informer) => informer.run({ signal: stop.signal }));
  await Promise.all(informers.map(({ synced }) => synced));
  const pace = async (from: number, count: number): Promise<object> => ({
    create: await each(from, count, (name) => autoscaler.create(resources.pods, makePod(name))),
    status: await each(from, count, (name) => writeStatus(node, name)),
    statusAgain: await each(from, count, (name) => writeStatus(node, name, '10.0.0.1')),
    event: await each(from, count, (name) => node.create(resources.events, makeEvent(name))),
    get: await each(from, count, (name) => node.get(resources.pods, { namespace, name })),
    delete: await each(from, count, (name) =>
      node.delete(resources.pods, { namespace, name }, { gracePeriodSeconds: 0 }),
    ),
  });
  await pace(0, warmUp);
  const figures = await pace(warmUp, pods);
  stop.abort();
  await Promise.all(running);
  console.log('\nprocessor time of one write to the embedded API, microseconds\n');
  console.table(figures);
  return figures;
}

/** µs of processor time that one of them takes. */
async function each(from: number, count: number, work: (name: string) => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let first = from; first < from + count; first += together) {
    const names = Array.from({ length: Math.min(together, from + count - first) }, (_, at) => `pod-${first + at}`);
    await Promise.all(names.map(work));
  }
  const { user, system } = process.cpuUsage(before);
  return Math.round((user + system) / count);
}

/** A pod as the autoscaler makes it. */
function makePod(name: string): Pod {
  const revision = 'hello-00001';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: {
        app: revision,
        'serving.knative.dev/service': 'hello',
        'serving.knative.dev/configuration': 'hello',
        'serving.knative.dev/configurationGeneration': '1',
        'serving.knative.dev/revision': revision,
      },
      annotations: { 'serving.knative.dev/creator': 'ebb-admin', 'ebb.dev/decided': '2026-01-01T00:00:00.000Z' },
    },
    spec: {
      nodeName: 'virtual-kubelet-local',
      containers: [
        {
          name: 'user-container',
          image: 'dev.local/hello',
          readinessProbe: { httpGet: { port: 8080 }, successThreshold: 1, periodSeconds: 1 },
          env: ['PORT', 'K_REVISION', 'K_CONFIGURATION', 'K_SERVICE'].map((key) => ({ name: key, value: revision })),
          ports: [{ name: 'user-port', containerPort: 8080, protocol: 'TCP' }],
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 300,
      tolerations: [{ key: 'virtual-kubelet.io/provider', operator: 'Exists' }],
    },
  };
}

/** A status as the virtual node writes it: starting, or with an address and Ready. */
function writeStatus(client: KubeClient, name: string, ip?: string): Promise<unknown> {
  const since = '2026-01-01T00:00:00Z';
  const isReady = ip !== undefined;
  const types = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'];
  const status = {
    reason: null,
    message: null,
    phase: isReady ? 'Running' : 'Pending',
    conditions: types.map((type) => ({ type, status: String(isReady), lastTransitionTime: since })),
    hostIP: '127.0.0.1',
    ...(isReady ? { podIP: ip, podIPs: [{ ip }] } : {}),
    startTime: since,
    containerStatuses: [
      {
        name: 'user-container',
        image: 'dev.local/hello',
        imageID: '',
        containerID: `eci://${name}-user-container-0`,
        ready: isReady,
        started: isReady,
        restartCount: 0,
        state: isReady ? { running: { startedAt: since } } : { waiting: { reason: 'ContainerCreating' } },
        lastState: {},
      },
    ],
    qosClass: 'BestEffort',
  };
  const metadata = { annotations: { 'k8s.aliyun.com/eci-instance-id': `eci-${name}` } };
  const patch = { type: 'merge', body: { metadata, status } } as const;
  return client.patch(resources.pods, { namespace, name }, patch, { subresource: 'status' });
}

function makeEvent(name: string): CoreEvent {
  const at = '2026-01-01T00:00:00Z';
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.1`, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid: name },
    type: 'Normal',
    reason: 'Created',
    message: `Created container group eci-${name}`,
    source: { component: 'ebb-virtual-node' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  };
}
