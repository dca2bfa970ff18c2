import { type ConfigMap, type KubeClient, type Pod, StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ContainerGroup, GroupVolume } from '../eci/eci.ts';
import { GroupIndex } from './group-index.ts';
import { VolumeRefresh } from './volume-refresh.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Trial {
  readonly clock: FakeClock;
  readonly config: { text: string | undefined };
  readonly updates: GroupVolume[][];
  /** The times tokens were asked for. */
  readonly tokens: number[];
}

/** A token good for an hour. */
const tokenAt = (atMs: number): string =>
  `x.${Buffer.from(JSON.stringify({ iat: atMs / 1000, exp: atMs / 1000 + 3600 })).toString('base64url')}.x`;

/** Refreshes one pod of one projected volume, whose group has its files as of time 0. */
function start(): Trial {
  const clock = new FakeClock(0);
  const config: Trial['config'] = { text: 'old' };
  const updates: GroupVolume[][] = [];
  const tokens: number[] = [];
  const sources = [{ configMap: { name: 'config' } }, { serviceAccountToken: { path: 'token' } }];
  const pod: Pod = {
    metadata: { name: 'p', namespace: 'shop', uid: 'u' },
    spec: { containers: [{ name: 'c' }], volumes: [{ name: 'v', projected: { sources } }] },
  };
  const client = {
    get: (resource: { kind: string }) => {
      const found: ConfigMap = { metadata: { name: 'config' }, data: { a: config.text ?? '' } };
      if (resource.kind === 'ConfigMap' && config.text !== undefined) return Promise.resolve(found);
      return Promise.reject(new StatusError('NotFound', 'not found'));
    },
    create: (_resource: object, object: object) => {
      tokens.push(clock.now());
      return Promise.resolve({ ...object, status: { token: tokenAt(clock.now()) } });
    },
  } as unknown as KubeClient;
  const index = new GroupIndex();
  const show = (files: readonly { path?: string; content?: string }[]): void => {
    const volumes = [{ name: 'v', configFileVolumeConfigFileToPaths: files }];
    const group = { containerGroupId: 'eci-1', status: 'Running', tags: [{ key: 'UID', value: 'u' }], volumes };
    index.replace([group as unknown as ContainerGroup], new Set());
  };
  show([
    { path: 'a', content: base64('old') },
    { path: 'token', content: base64(tokenAt(0)) },
  ]);
  const refresh = new VolumeRefresh({
    client,
    eci: {
      updateVolumes: (_id, volumes) => {
        updates.push(volumes);
        show(volumes[0]?.configFileVolume?.configFileToPath ?? []);
        return Promise.resolve();
      },
    },
    pods: () => [pod],
    index,
    clock,
    logger: silentLogger,
  });
  const stop = new AbortController();
  const running = refresh.run({ signal: stop.signal });
  onTestFinished(async () => {
    stop.abort();
    await running;
  });
  return { clock, config, updates, tokens };
}

const textOf = (updates: GroupVolume[][], path: string): string | undefined => {
  const file = updates.at(-1)?.[0]?.configFileVolume?.configFileToPath?.find((each) => each.path === path);
  return file?.content && Buffer.from(file.content, 'base64').toString();
};

describe('the files of a running pod', () => {
  it('are left alone while they are as they should be', async () => {
    const { clock, updates, tokens } = start();
    await clock.advance(60_000);
    expect([updates, tokens]).toEqual([[], []]);
  });

  it('follow their ConfigMap, and the token in the same volume stays', async () => {
    const { clock, config, updates } = start();
    config.text = 'new';
    await clock.advance(30_000);
    expect(updates).toHaveLength(1);
    expect([textOf(updates, 'a'), textOf(updates, 'token')]).toEqual(['new', tokenAt(0)]);
  });

  it('stay when their ConfigMap goes', async () => {
    const { clock, config, updates } = start();
    config.text = undefined;
    await clock.advance(30_000);
    expect(updates).toEqual([]);
  });

  it('get a new token before the old one is over', async () => {
    const { clock, updates, tokens } = start();
    await clock.advance(3_600_000);
    expect(tokens).toEqual([2_880_000]);
    expect(textOf(updates, 'token')).toBe(tokenAt(2_880_000));
  });
});
