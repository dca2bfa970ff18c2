import { type KubeClient, type KubernetesObject, type Pod, StatusError } from '@ebb/api';
import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import type { CreateGroup } from '../eci/eci.ts';
import { EciError, eciError } from '../eci/error.ts';
import { parseProfile } from '../profile/profile.ts';
import { type Made, createGroupMaker } from './group-maker.ts';

const pod = (spec: object = {}, container: object = {}): Pod => ({
  metadata: { name: 'p', namespace: 'shop', uid: 'u' },
  spec: { containers: [{ name: 'c', image: 'i', ...container }], ...spec } as Pod['spec'],
});

/** An API server with these objects, by kind and name. */
function clientOf(objects: Readonly<Record<string, KubernetesObject>>): KubeClient {
  const get = (resource: { kind: string }, { name }: { name: string }): Promise<KubernetesObject> => {
    const found = objects[`${resource.kind} ${name}`];
    return found ? Promise.resolve(found) : Promise.reject(new StatusError('NotFound', `${name} not found`));
  };
  const list = (): Promise<object> => Promise.resolve({ items: [] });
  return { get, list } as unknown as KubeClient;
}

const ownedBy = (kind: string): Pod => {
  const owner = { apiVersion: 'apps/v1', kind, name: 'o', uid: 'o', controller: true };
  const plain = pod();
  return { ...plain, metadata: { ...plain.metadata, ownerReferences: [owner] } };
};

interface Trial {
  readonly made: Made;
  readonly asked: CreateGroup | undefined;
  readonly tries: readonly CreateGroup[];
  /** How often the zone was said to have nothing. */
  readonly refusals: number;
}

interface Circumstances {
  readonly objects?: Record<string, KubernetesObject>;
  readonly error?: Error;
  /** Of the first tries. */
  readonly errors?: readonly (Error | undefined)[];
  readonly profile?: Record<string, string>;
  readonly hasAlternative?: boolean;
  /** It is made again after each of these times, in milliseconds. */
  readonly again?: readonly number[];
}

async function make(
  asking: Pod,
  { objects = {}, error, errors = [], profile = {}, hasAlternative = false, again = [] }: Circumstances = {},
): Promise<Trial> {
  const tries: CreateGroup[] = [];
  let refusals = 0;
  const clock = new FakeClock(0);
  const maker = createGroupMaker({
    client: clientOf(objects),
    eci: {
      create: (group) => {
        tries.push(group);
        const refusal = errors[tries.length - 1] ?? error;
        return refusal ? Promise.reject(refusal) : Promise.resolve('eci-1');
      },
      createTurn: () => 0,
    },
    zone: {
      vSwitchIds: ['vsw-a'],
      served: () => undefined,
      refused: () => (refusals += 1),
      hasAlternative: () => hasAlternative,
    },
    profile: () => parseProfile(profile),
    namespaceLabels: () => Promise.resolve({ team: 'shop' }),
    node: () => ({ metadata: { name: 'n', labels: { zone: 'a' } } }),
    claimsAreLocal: false,
    clock,
  });
  const { signal } = new AbortController();
  let made = await maker.make(asking, { signal });
  for (const ms of again) {
    await clock.advance(ms);
    made = await maker.make(asking, { signal });
  }
  return { made, asked: tries.at(-1), tries, refusals };
}

const condition = (made: Made): object | undefined => ('status' in made ? made.status?.conditions?.[0] : undefined);

describe('the group of a pod', () => {
  it('is made', async () => {
    expect((await make(pod())).made).toEqual({ id: 'eci-1', attempt: { next: 0, isLast: true }, events: [] });
  });

  it('is not made where the pod does not fit, and the pod says so as an unschedulable one', async () => {
    const { made, asked } = await make(pod({}, { resources: { requests: { cpu: '100', memory: '1Gi' } } }));
    expect(asked).toBeUndefined();
    expect(condition(made)).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/1 nodes are available: 1 Insufficient cpu.',
    });
  });

  it('is not made for what no instance has', async () => {
    const { made } = await make(pod({}, { resources: { limits: { cpu: 1, 'example.com/fpga': 1 } } }));
    expect(condition(made)).toMatchObject({ message: '0/1 nodes are available: 1 Insufficient example.com/fpga.' });
  });

  it('goes without what ECI has no field for, and says so in one event', async () => {
    const { made } = await make(pod({ securityContext: { fsGroup: 5 } }, { ports: [{ hostPort: 80 }] }));
    const message = expect.stringMatching(/spec.securityContext.fsGroup, spec.containers\["c"\].ports\[0\].hostPort$/);
    expect(made).toMatchObject({ id: 'eci-1', events: [{ type: 'Warning', reason: 'FieldIgnored', message }] });
  });

  it('is tried again where there is no stock, which is no other thing to the pod', async () => {
    const error = new EciError('OperationDenied.NoStock', 'none left', { remedy: 'look-elsewhere' });
    const { made } = await make(pod({}, { resources: { limits: { cpu: 50 } } }), { error });
    expect(condition(made)).toMatchObject({
      reason: 'Unschedulable',
      message: expect.stringMatching(/Insufficient cpu.*OperationDenied.NoStock: none left/),
    });
    expect(made).toMatchObject({ retry: { requeueAfterMs: 30_000 } });
  });

  it('minds the node selector, by labels that others gave the node too', async () => {
    const objects = { 'Node n': { metadata: { name: 'n', labels: { zone: 'a', disk: 'ssd' } } } };
    const select = (nodeSelector: object): Promise<Trial> => make(pod({ nodeSelector }), { objects });
    const [own, others, none] = await Promise.all([{ zone: 'a' }, { disk: 'ssd' }, { disk: 'hdd' }].map(select));
    expect([own?.made, others?.made]).toMatchObject([{ id: 'eci-1' }, { id: 'eci-1' }]);
    expect(none && condition(none.made)).toMatchObject({
      reason: 'Unschedulable',
      message: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
    });
  });

  it('waits for what a container’s environment refers to, and for what its volumes do', async () => {
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'config', key: 'a' } } }];
    const waiting = async (asking: Pod): Promise<object | undefined> => {
      const { made } = await make(asking);
      return 'status' in made
        ? { ...made.status?.containerStatuses?.[0]?.state?.waiting, event: made.events[0]?.reason }
        : undefined;
    };
    expect(await waiting(pod({}, { env }))).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "config" not found',
      event: 'Failed',
    });
    expect(await waiting(pod({ volumes: [{ name: 'v', secret: { secretName: 's' } }] }))).toEqual({
      reason: 'ContainerCreating',
      message: 'MountVolume.SetUp failed for volume "v" : secret "s" not found',
      event: 'FailedMount',
    });
  });

  it.each([
    ['hostNetwork', pod({ hostNetwork: true }), 'spec.hostNetwork'],
    ['a DaemonSet', ownedBy('DaemonSet'), 'a pod of a DaemonSet'],
    [
      'privileged',
      pod({}, { securityContext: { privileged: true } }),
      'spec.containers["c"].securityContext.privileged',
    ],
    ['a capability', pod({}, { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }), 'capabilities.add'],
    [
      'an init container that would find a sidecar running',
      pod({ initContainers: [{ name: 's', restartPolicy: 'Always' }, { name: 'i' }] }),
      'spec.initContainers["i"] after one that goes on running',
    ],
    ['hostPath', pod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }), 'spec.volumes["v"].hostPath'],
  ])('is refused at once for %s, by the name of the field', async (_what, asking, field) => {
    const { made, asked } = await make(asking);
    expect(asked).toBeUndefined();
    expect(made).toMatchObject({ events: [{ message: expect.stringContaining(field) }], retry: undefined });
  });

  it('logs in to registries as the pod’s secrets say, or those of its account', async () => {
    const secret = (server: string, auth: object): KubernetesObject =>
      ({
        metadata: {},
        data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths: { [server]: auth } })).toString('base64') },
      }) as KubernetesObject;
    const objects = {
      'Secret own': secret('https://index.docker.io/v1/', { auth: Buffer.from('me:s3cret').toString('base64') }),
      'Secret shared': secret('registry.example', { username: 'robot', password: 'p' }),
      'ServiceAccount default': { metadata: {}, imagePullSecrets: [{ name: 'shared' }] } as KubernetesObject,
    };
    const own = await make(pod({ imagePullSecrets: [{ name: 'own' }] }), { objects });
    const shared = await make(pod(), { objects });
    expect([own, shared].map(({ asked }) => asked?.imageRegistryCredential)).toEqual([
      [{ server: 'index.docker.io', userName: 'me', password: 's3cret' }],
      [{ server: 'registry.example', userName: 'robot', password: 'p' }],
    ]);
    const message = 'Unable to retrieve some image pull secrets (nope); attempting to pull the image may not succeed.';
    const { made } = await make(pod({ imagePullSecrets: [{ name: 'nope' }] }));
    expect(made).toMatchObject({ id: 'eci-1', events: [{ reason: 'FailedToRetrieveImagePullSecret', message }] });
  });

  it('was made before if ECI knows its token, and will show', async () => {
    const error = new EciError('IdempotentParameterMismatch', 'used before', { remedy: 'back-off' });
    expect((await make(pod(), { error })).made).toEqual({ events: [], retry: { requeueAfterMs: 1000 } });
    // If it does not, there is none: another token is used.
    const { made, tries } = await make(pod(), { errors: [error, error], again: [1000, 60_000] });
    expect(made).toMatchObject({ id: 'eci-1' });
    expect(tries.map(({ clientToken }) => clientToken)).toEqual(['u', 'u', expect.stringMatching(/^u-\w{1,6}$/)]);
  });
});

const refusal = (code: string): Error => eciError(Object.assign(new Error(`${code}: none`), { code }));
const noStock = refusal('OperationDenied.NoStock');
const annotated = (annotations: Record<string, string>, metadata: object = {}): Pod => {
  const plain = pod({}, { resources: { limits: { cpu: 1, memory: '2Gi' } } });
  const full = (name: string): string => (name.includes('/') ? name : `k8s.aliyun.com/${name}`);
  const prefixed = Object.entries(annotations).map(([name, value]) => [full(name), value]);
  return { ...plain, metadata: { ...plain.metadata, ...metadata, annotations: Object.fromEntries(prefixed) } };
};

describe('what is asked for', () => {
  const selector = (name: string, more: object): object => ({ name, ...more });
  const spot = (strategy: string): object => ({
    effect: { annotations: { 'k8s.aliyun.com/eci-spot-strategy': strategy } },
  });

  it('is said by the pod, then by the first selector that matches, then by the profile', async () => {
    const role = (value: string): object => ({
      effect: { annotations: { 'k8s.aliyun.com/eci-ram-role-name': value } },
    });
    const profile = {
      securityGroupId: 'sg-profile',
      resourceGroupId: 'rg-profile',
      selectors: JSON.stringify([
        selector('others', { namespaceSelector: { matchLabels: { team: 'other' } }, ...role('none') }),
        selector('first', {
          namespaceSelector: { matchLabels: { team: 'shop' } },
          objectSelector: { matchLabels: { app: 'web' } },
          effect: {
            annotations: {
              'k8s.aliyun.com/eci-ram-role-name': 'first',
              'k8s.aliyun.com/eci-security-group': 'sg-first',
            },
            labels: { seen: 'yes', app: 'no' },
          },
        }),
        selector('second', role('second')),
      ]),
    };
    const web = await make(annotated({ 'eci-security-group': 'sg-pod' }, { labels: { app: 'web' } }), { profile });
    expect(web.asked).toMatchObject({
      securityGroupId: 'sg-pod',
      ramRoleName: 'first',
      resourceGroupId: 'rg-profile',
      vSwitchId: 'vsw-a',
    });
    expect(web.made).toMatchObject({ effects: { labels: { seen: 'yes' } } });
    expect((await make(annotated({}), { profile })).asked).toMatchObject({
      securityGroupId: 'sg-profile',
      ramRoleName: 'second',
    });
  });

  it('is one spec after the other, in order of preference, while there is no stock', async () => {
    const specs = annotated({ 'eci-use-specs': '2-4Gi,ecs.c6.xlarge,4-8Gi', 'eci-imc-id': 'imc-1' });
    const { made, tries, refusals } = await make(specs, { errors: [noStock, noStock] });
    expect(made).toMatchObject({ id: 'eci-1' });
    expect(tries).toMatchObject([{ cpu: 2, memory: 4 }, { instanceType: 'ecs.c6.xlarge' }, { cpu: 4, memory: 8 }]);
    expect(tries[1]?.cpu).toBeUndefined();
    expect([refusals, tries[0]?.imageSnapshotId]).toEqual([0, 'imc-1']);
    const ofNoSize = await make(specs, { errors: [refusal('InvalidParameter.CPU.Memory')] });
    expect(ofNoSize.tries).toHaveLength(2);
    const wrongRequest = await make(specs, { error: refusal('InvalidParameter.DuplicatedName') });
    expect(wrongRequest.tries).toHaveLength(1);
  });

  it('is spot, of at least 2 vCPU, and on demand where spot cannot be had and the pod may fall back', async () => {
    const wish = { 'eci-spot-strategy': 'SpotAsPriceGo', 'eci-spot-duration': '0' };
    const { made, tries } = await make(annotated({ ...wish, 'eci-spot-fallback': 'true' }), { errors: [noStock] });
    expect(tries).toMatchObject([
      { spotStrategy: 'SpotAsPriceGo', spotDuration: 0, cpu: 2 },
      { cpu: 1, memory: 2 },
    ]);
    expect(tries[1]?.spotStrategy).toBeUndefined();
    expect(made).toMatchObject({ events: [{ reason: 'SpotDegraded' }] });
    const spotOnly = await make(annotated(wish), { errors: [noStock], hasAlternative: true });
    expect(spotOnly.refusals).toBe(0);
    expect(spotOnly.made).toMatchObject({
      events: [{ reason: 'FailedScheduling' }],
    });
    const byProfile = { selectors: JSON.stringify([selector('all', spot('SpotAsPriceGo'))]) };
    expect((await make(pod(), { profile: byProfile })).asked?.spotStrategy).toBe('SpotAsPriceGo');
    const own = await make(annotated({ 'eci-spot-strategy': 'NoSpot' }), { profile: byProfile });
    expect(own.asked?.spotStrategy).toBeUndefined();
  });

  it('leaves out what means nothing here, and says so', async () => {
    const { made } = await make(
      annotated({ 'eci-instance-family': 'ecs.c6', 'eci-made-up': '1', 'eci-instance-id': 'x' }),
    );
    expect(made).toMatchObject({
      id: 'eci-1',
      events: [{ reason: 'AnnotationIgnored', message: expect.stringMatching(/eci-instance-family, .*eci-made-up$/) }],
    });
  });

  it.each([
    ['eci-use-specs', 'big'],
    ['eci-use-specs', '1-2Gi,1-2Gi,1-2Gi,1-2Gi,1-2Gi,1-2Gi'],
    ['eci-spot-strategy', 'Cheap'],
    ['eci-spot-strategy', 'SpotWithPriceLimit'],
    ['eci-fail-strategy', 'panic'],
    ['eci-use-specs', '0-4Gi'],
    ['eci-spot-price-limit', 'cheap'],
    ['eci-spot-price-limit', '0.1234'],
    ['eci-spot-duration', 'long'],
    ['eci-spot-fallback', 'maybe'],
    ['eci-spot-release-strategy', 'evict'],
    ['eci-reschedule-enable', 'yes'],
    ['pod-fail-on-create-err', 'yes'],
    ['eci-vswitch', ','],
    ['eci-schedule-strategy', 'VSwitchFirst'],
    ['eci-security-group', 'a,b,c,d,e,f'],
    ['eci-resource-group-id', 'rg 1'],
    ['eci-ram-role-name', ''],
    ['eci-compute-category', 'cheap'],
    ['eci-gpu-driver-version', ''],
    ['eci-max-pending-minute', '5'],
    ['eci-max-pending-minute', '1441'],
    ['eci-enable-ipv6', 'yes'],
    ['eci-ipv6-bandwidth', 'fast'],
    ['eci-ipv6-bandwidth-enable', '1'],
    ['eci-cpu-option-core', '0'],
    ['eci-cpu-option-ht', '1.5'],
    ['eci-auto-imc', 'yes'],
    ['eci-image-cache', '1'],
    ['eci-imc-id', ''],
    ['eci-image-snapshot-id', 'a b'],
    ['image-accelerate-mode', 'warp'],
    ['plain-http-registry', ','],
    ['insecure-registry', ''],
    ['acr-service-arns', 'arn:1'],
    ['acr-user-arns', 'arn:1'],
    ['eci-with-eip', 'on'],
    ['eci-eip-instanceid', ''],
    ['eip-bandwidth', 'fast'],
    ['eip-isp', ''],
    ['eip-common-bandwidth-package-id', ''],
    ['eci-private-ip-address', '10.0.0'],
    ['eci-fixed-ip', '10.0.0.1'],
    ['eci-fixed-ip-retain-hour', '0'],
    ['eci-extra-ephemeral-storage', 'much'],
    ['eci-extra-ephemeral-storage', '6000Gi'],
    ['eci-data-cache-bucket', ''],
    ['eci-data-cache-pl', 'PL9'],
    ['eci-data-cache-provisioned-iops', '-1'],
    ['eci-data-cache-bursting-enabled', '0'],
    ['eci-custom-tags', 'a:1,b:2,c:3,d:4'],
    ['eci-ntp-server', ' '],
    ['eci-core-pattern', ''],
    ['kubernetes.io/ingress-bandwidth', 'fast'],
    ['kubernetes.io/egress-bandwidth', '-10M'],
  ])('is nothing where %s is %s, by the name of the annotation', async (name, value) => {
    const { made, asked } = await make(annotated({ [name]: value }));
    expect(asked).toBeUndefined();
    const key = name.includes('/') ? name : `k8s.aliyun.com/${name.replace('spot-strategy', 'spot-')}`;
    expect(made).toMatchObject({
      events: [{ reason: 'ProviderCreateFailed', message: expect.stringContaining(`annotation ${key}`) }],
      retry: undefined,
    });
  });
});

describe('a refusal', () => {
  const owned = {
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'r', controller: true }],
  };

  it('for want of stock ends a pod that somebody makes anew, where there is another zone; others wait', async () => {
    const phases = async (asking: Pod, hasAlternative: boolean): Promise<unknown> => {
      const { made, refusals } = await make(asking, { error: noStock, hasAlternative });
      expect(refusals).toBe(1);
      return 'status' in made && made.status?.phase;
    };
    expect(await phases(annotated({}, owned), true)).toBe('Failed');
    expect(await phases(annotated({}, owned), false)).toBe('Pending');
    expect(await phases(annotated({}), true)).toBe('Pending');
    expect(await phases(annotated({ 'eci-fail-strategy': 'fail-back' }, owned), true)).toBe('Pending');
    expect(await phases(annotated({ 'eci-fail-strategy': 'fail-fast' }), false)).toBe('Failed');
  });

  it('of a size says nothing of the zone', async () => {
    const { refusals } = await make(pod(), { error: refusal('InvalidParameter.CPU.Memory') });
    expect(refusals).toBe(0);
  });

  it('for want of money or of a right key is told, and tried again after a minute', async () => {
    for (const code of ['Account.Arrearage', 'SignatureDoesNotMatch']) {
      const { made } = await make(pod(), { error: refusal(code) });
      expect(made).toMatchObject({
        status: { reason: 'ProviderFailed', message: `${code}: none` },
        retry: { requeueAfterMs: 60_000 },
      });
    }
  });
});
