import { type KubeClient, type Pod, type Secret, StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { expect, it, onTestFinished } from 'vitest';
import type { ContainerGroup } from '../eci/eci.ts';
import { refreshCredentials } from './credential-refresh.ts';
import { GroupIndex } from './group-index.ts';

interface Trial {
  readonly clock: FakeClock;
  /** The password in the pull secret; undefined: there is no such Secret. */
  readonly secret: { password: string | undefined };
  /** Passwords that were sent. */
  readonly sent: (string | undefined)[];
  /** What the pod's container waits for. */
  readonly show: (reason: string) => void;
}

function start(): Trial {
  const clock = new FakeClock(0);
  const secret: Trial['secret'] = { password: undefined };
  const sent: Trial['sent'] = [];
  const pod: Pod = {
    metadata: { name: 'p', namespace: 'shop', uid: 'u' },
    spec: { containers: [{ name: 'c' }], imagePullSecrets: [{ name: 'registry' }] },
  };
  const get = (): Promise<Secret> => {
    const { password } = secret;
    if (password === undefined) return Promise.reject(new StatusError('NotFound', 'not found'));
    const auths = { 'registry.example': { username: 'robot', password } };
    const data = { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') };
    return Promise.resolve({ metadata: { name: 'registry' }, data });
  };
  const index = new GroupIndex();
  const show = (reason: string): void => {
    const containers = [{ name: 'c', currentState: { state: 'Waiting', reason } }];
    const group = { containerGroupId: 'eci-1', status: 'Pending', tags: [{ key: 'UID', value: 'u' }], containers };
    index.replace([group as unknown as ContainerGroup], new Set());
  };
  const updateCredentials = (_id: string, credentials: readonly { password?: string }[]): Promise<void> => {
    sent.push(credentials[0]?.password);
    return Promise.resolve();
  };
  const client = { get } as unknown as KubeClient;
  const options = { client, eci: { updateCredentials }, pods: () => [pod], index, clock, logger: silentLogger };
  const stop = new AbortController();
  const running = refreshCredentials(options, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return { clock, secret, sent, show };
}

it('sends what a pull secret says by now, once, while an image cannot be had', async () => {
  const { clock, secret, sent, show } = start();
  show('ImagePullBackOff');
  await clock.advance(30_000);
  expect(sent).toEqual([]);
  secret.password = 'wrong';
  await clock.advance(30_000);
  secret.password = 'right';
  await clock.advance(60_000);
  expect(sent).toEqual(['wrong', 'right']);
});

it('leaves groups alone that have their images', async () => {
  const { clock, secret, sent, show } = start();
  secret.password = 'right';
  show('ContainerCreating');
  await clock.advance(60_000);
  expect(sent).toEqual([]);
});
