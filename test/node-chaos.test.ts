import { type Node, type Pod, isNotFound, resources } from '@ebb/api';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { type EciPanel, connectPanel } from '@ebb/cli';
import { type RemoteKubeClient, createKubeClient } from '@ebb/kube';
import { type GroupHost, type GroupSpec, type Instance, type Runtime, createSimulatedRuntime } from '@ebb/local-eci';
import { createTestEci, testAccessKey, testPanelToken } from '@ebb/local-eci/testing';
import { expect, it } from 'vitest';
import { namespace, newName, openTestApi } from './api.ts';
import { type RunProcess, openProcesses } from './processes.ts';

/** The long form is ten minutes: EBB_TEST_CHAOS_SECONDS=600. */
const seconds = Number(process.env['EBB_TEST_CHAOS_SECONDS'] ?? 12);
const killEveryMs = Math.max(5_000, (seconds * 1000) / 12);
const mostPods = 60;
/** More at a time, and nothing goes right any more. */
const mostFaults = 2;

/** An instance as its runtime saw it, beside all that ECI tells. */
interface Life {
  fromMs?: number;
  untilMs?: number;
}

/** Notes when instances begin and end, for a bill of our own. */
function witness(runtime: Runtime, lives: Map<string, Life>): Runtime {
  const observe = (id: string, instance: Instance): void => {
    const life = lives.get(id) ?? {};
    lives.set(id, life);
    if (instance.state.startedAtMs !== undefined) life.fromMs ??= instance.state.startedAtMs;
  };
  return {
    create: (id: string, spec: GroupSpec, host: GroupHost): Instance => {
      const instance: Instance = runtime.create(id, spec, {
        ...host,
        changed: () => {
          host.changed();
          observe(id, instance);
        },
      });
      const stop = instance.stop.bind(instance);
      return Object.assign(instance, {
        stop: async () => {
          // One that is cut off ends at once; one that is deleted when nothing of it is left.
          const askedMs = systemClock.now();
          await stop();
          const life = lives.get(id);
          if (life) life.untilMs ??= life.fromMs === undefined ? askedMs : systemClock.now();
        },
      });
    },
    close: () => runtime.close(),
  };
}

/** A generator of numbers from 0 up to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const faults = [
  { kind: 'error', action: 'CreateContainerGroup', code: 'Throttling', share: 0.5 },
  { kind: 'error', action: 'CreateContainerGroup', code: 'OperationDenied.NoStock', share: 0.3 },
  { kind: 'error', action: 'CreateContainerGroup', code: 'InvalidVSwitchId.IpNotEnough', times: 3 },
  { kind: 'error', action: 'CreateContainerGroup', code: 'QuotaExceeded', times: 3 },
  { kind: 'error', action: 'DeleteContainerGroup', code: 'InternalError', share: 0.5 },
  { kind: 'error', action: '*', code: 'ServiceUnavailable', share: 0.3 },
  { kind: 'error', action: 'DescribeContainerGroups', code: 'InternalError', share: 0.5 },
  { kind: 'delay', action: '*', ms: 150, share: 0.3 },
  { kind: 'lost-answer', action: 'CreateContainerGroup', share: 0.5 },
  { kind: 'lost-answer', action: 'DeleteContainerGroup', share: 0.5 },
  { kind: 'bad-answer', action: 'CreateContainerGroup', form: 'nothing', share: 0.5 },
  { kind: 'bad-answer', action: 'DeleteContainerGroup', form: 'html', share: 0.5 },
  { kind: 'bad-answer', action: '*', form: 'half', share: 0.3 },
  { kind: 'omit', share: 0.3 },
  { kind: 'no-stock', zone: 'cn-hangzhou-a' },
  { kind: 'no-stock', zone: 'cn-hangzhou-b', late: true },
  { kind: 'no-stock', spot: true },
  { kind: 'lag', ms: 800 },
] as const;

interface Scene {
  readonly client: RemoteKubeClient;
  readonly panel: EciPanel;
  readonly random: () => number;
}

const nodeNames = ['virtual-kubelet-cn-hangzhou-a', 'virtual-kubelet-cn-hangzhou-b'];

function makePod(random: () => number): Pod {
  const annotations = {
    'k8s.aliyun.com/eci-fail-strategy': pick(['fail-back', 'fail-over'], random),
    ...(random() < 0.3
      ? { 'k8s.aliyun.com/eci-spot-strategy': 'SpotAsPriceGo', 'k8s.aliyun.com/eci-spot-fallback': 'true' }
      : {}),
  };
  return {
    metadata: { namespace, name: newName('chaos'), annotations },
    spec: {
      nodeName: pick(nodeNames, random),
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      containers: [{ name: 'c', image: 'dev.local/chaos' }],
    },
  } as Pod;
}

const pick = <T>(items: readonly T[], random: () => number): T => {
  const item = items[Math.floor(random() * items.length)];
  if (item === undefined) throw new Error('there is nothing to pick from');
  return item;
};

const listPods = async ({ client }: Scene): Promise<Pod[]> =>
  (await client.list(resources.pods, { namespace })).items.filter(({ metadata }) =>
    metadata.name?.startsWith('chaos-'),
  );

/** Does one thing that may happen at any time. */
async function doSomething(scene: Scene): Promise<void> {
  const { client, panel, random } = scene;
  const dice = random();
  if (dice < 0.5) {
    if ((await listPods(scene)).length < mostPods) await client.create(resources.pods, makePod(random));
  } else if (dice < 0.7) {
    const [pods, groups] = [await listPods(scene), await panel.groups()];
    if (pods.length === 0) return;
    const { metadata } = pick(pods, random);
    // Some of them while they are being made.
    await client.delete(
      resources.pods,
      { namespace, name: metadata.name ?? '' },
      { gracePeriodSeconds: groups.length % 2 },
    );
  } else if (dice < 0.85) {
    const active = await panel.faults();
    if (active.length < mostFaults && random() < 0.5) await panel.addFault(pick(faults, random));
    else if (active[0]) await panel.clearFaults(active[0].id);
  } else {
    const groups = (await panel.groups()).filter(({ status }) => status === 'Running');
    if (groups.length === 0) return;
    const { id, spot } = pick(groups, random);
    const deed = pick(spot === undefined ? (['kill', 'delete'] as const) : (['reclaim'] as const), random);
    await panel.befall(id, deed, { noticeMs: 300, force: true });
  }
}

const isOver = ({ status }: Pod): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded';

/** Throws unless every pod has exactly one group, and every group one pod. */
async function checkPairs(scene: Scene): Promise<void> {
  const pods = await listPods(scene);
  const groups = await scene.panel.groups();
  const wrong: string[] = [];
  for (const pod of pods) {
    const { name = '', uid = '' } = pod.metadata;
    const own = groups.filter(({ pod: owner }) => owner === `${namespace}/${name}`);
    const most = isOver(pod) ? own.length <= 1 : own.length === 1 && own[0]?.status === 'Running';
    const ready = isOver(pod) || pod.status?.phase === 'Running';
    if (!most || !ready)
      wrong.push(`${name} (${uid}, ${pod.status?.phase}): ${own.map(({ status }) => status).join()}`);
  }
  const names = new Set(pods.map(({ metadata }) => `${namespace}/${metadata.name}`));
  wrong.push(...groups.filter(({ pod }) => !names.has(pod)).map(({ id, pod, status }) => `${id} of ${pod}: ${status}`));
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

it(
  'whatever goes wrong, and whenever its process is killed: each pod has one group in the end, each group a pod, and the bill adds up',
  { timeout: (seconds + 180) * 1000 },
  async () => {
    const lives = new Map<string, Life>();
    const random = randomFrom(seconds * 7919);
    const timing = { schedulingMs: [5, 50], pendingMs: [20, 200], terminatingMs: [5, 100] } as const;
    const runtime = witness(createSimulatedRuntime({ clock: systemClock, random: Math.random, timing }), lives);
    await using eci = await createTestEci({ runtime, random: Math.random });
    await using api = await openTestApi();
    await using client = createKubeClient({ kubeconfig: api.kubeconfig });
    const profile = { namespace: 'kube-system', name: 'eci-profile' };
    await client.create(resources.configMaps, { metadata: profile, data: { vSwitchIds: 'vsw-a,vsw-b' } });
    await using _profile = { [Symbol.asyncDispose]: () => client.delete(resources.configMaps, profile) };
    const scene: Scene = { client, random, panel: connectPanel({ endpoint: eci.endpoint, token: testPanelToken }) };
    await using processes = await openProcesses(api.kubeconfig, {
      ALIBABA_CLOUD_ACCESS_KEY_ID: testAccessKey.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: testAccessKey.accessKeySecret,
    });
    const start = (): Promise<RunProcess> =>
      processes.start(
        newName('node'),
        '--components=virtual-node',
        '--no-leader-election',
        `--eci-endpoint=http://${eci.endpoint}`,
        '--region=cn-hangzhou',
        '--zone=cn-hangzhou-a',
        '--vswitch=vsw-a',
      );
    let node = start();
    await node;
    await eventually(async () => {
      const { items } = await client.list(resources.nodes, { labelSelector: 'type=virtual-kubelet' });
      return nodeNames.every((name) => items.some((each: Node) => each.metadata.name === name));
    });
    const endMs = systemClock.now() + seconds * 1000;
    let killMs = systemClock.now() + killEveryMs;
    while (systemClock.now() < endMs) {
      await doSomething(scene).catch((error: unknown) => {
        // What is to be deleted, or killed, may be gone before.
        if (!isNotFound(error) && !String(error).includes('no running group')) throw error;
      });
      await systemClock.sleep(20);
      if (systemClock.now() < killMs) continue;
      killMs = systemClock.now() + killEveryMs;
      (await node).child.kill('SIGKILL');
      await (
        await node
      ).exited;
      // Things happen while it is away.
      node = start();
    }
    await scene.panel.clearFaults();
    await node;
    // One that succeeds on each node wakes those who wait.
    for (const nodeName of nodeNames) {
      const pod = makePod(() => 0.99);
      await client.create(resources.pods, { ...pod, spec: { ...pod.spec, nodeName } });
    }
    await eventually(
      async () => {
        await checkPairs(scene);
        return true;
      },
      { what: 'pods and groups in pairs', timeoutMs: 100_000 },
    );

    const { items } = await scene.panel.bill({ currency: 'CNY' });
    const billed = new Map(items.map((item) => [item.groupId, item]));
    const begun = [...lives].filter(([, { fromMs }]) => fromMs !== undefined);
    expect(new Set(billed.keys())).toEqual(new Set(begun.map(([id]) => id)));
    const nowMs = systemClock.now();
    for (const [id, { fromMs = 0, untilMs }] of begun) {
      const item = billed.get(id);
      // Begun seconds count whole; the witness may be some milliseconds late, the item some seconds old.
      const lasted = ((untilMs ?? nowMs) - fromMs) / 1000;
      expect(Math.abs((item?.seconds ?? 0) - Math.ceil(lasted))).toBeLessThanOrEqual(untilMs === undefined ? 3 : 1);
    }
    const perPod = new Map<string, number>();
    for (const { pod, amount } of items) perPod.set(pod, (perPod.get(pod) ?? 0) + amount);
    const total = items.reduce((sum, { amount }) => sum + amount, 0);
    expect([...perPod.values()].reduce((sum, amount) => sum + amount, 0)).toBeCloseTo(total, 9);
  },
);
