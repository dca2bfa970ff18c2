import { type KubeClient, type KubernetesObject, type Pod, StatusError } from '@ebb/api';
import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import type { CreateGroup } from '../eci/eci.ts';
import { EciError } from '../eci/error.ts';
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
  return { get } as unknown as KubeClient;
}

interface Trial {
  readonly made: Made;
  readonly asked: CreateGroup | undefined;
}

async function make(
  asking: Pod,
  { objects = {}, error }: { readonly objects?: Record<string, KubernetesObject>; readonly error?: Error } = {},
): Promise<Trial> {
  let asked: CreateGroup | undefined;
  const maker = createGroupMaker({
    client: clientOf(objects),
    eci: {
      create: (group) => {
        asked = group;
        return error ? Promise.reject(error) : Promise.resolve('eci-1');
      },
    },
    node: () => ({ metadata: { name: 'n', labels: { zone: 'a' } } }),
    claimsAreLocal: false,
    clock: new FakeClock(0),
  });
  return { made: await maker.make(asking, new AbortController().signal), asked };
}

const condition = (made: Made): object | undefined => ('status' in made ? made.status?.conditions?.[0] : undefined);

describe('the group of a pod', () => {
  it('is made', async () => {
    expect((await make(pod())).made).toEqual({ id: 'eci-1' });
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

  it('is tried again where there is no stock, which is no other thing to the pod', async () => {
    const error = new EciError('OperationDenied.NoStock', 'none left', { remedy: 'back-off' });
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
    expect([own?.made, others?.made]).toEqual([{ id: 'eci-1' }, { id: 'eci-1' }]);
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
        ? { ...made.status?.containerStatuses?.[0]?.state?.waiting, event: made.event?.reason }
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
    [
      'privileged',
      pod({}, { securityContext: { privileged: true } }),
      'spec.containers["c"].securityContext.privileged',
    ],
    ['a capability', pod({}, { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } }), 'capabilities.add'],
    ['hostPath', pod({ volumes: [{ name: 'v', hostPath: { path: '/' } }] }), 'spec.volumes["v"].hostPath'],
  ])('is refused at once for %s, by the name of the field', async (_what, asking, field) => {
    const { made, asked } = await make(asking);
    expect(asked).toBeUndefined();
    expect(made).toMatchObject({ event: { message: expect.stringContaining(field) }, retry: undefined });
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
  });

  it('was made before if ECI knows its token, and will show', async () => {
    const error = new EciError('IdempotentParameterMismatch', 'used before', { remedy: 'back-off' });
    expect((await make(pod(), { error })).made).toEqual({ retry: { requeueAfterMs: 1000 } });
  });
});
