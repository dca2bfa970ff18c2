import { type ConfigMap, resources } from '@ebb/api';
import { FakeClock } from '@ebb/base/testing';
import type { Informer, InformerEvent, KubeClient } from '@ebb/kube';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OwnWrites } from './own-writes.ts';

const resource = resources.configMaps;
const map = (resourceVersion: string, name = 'a'): ConfigMap => ({
  metadata: { namespace: 'n', name, resourceVersion },
});

/** An informer that learns what it is told, and a server whose every write makes the next version. */
function openWorld(): {
  readonly informer: Informer<ConfigMap>;
  readonly client: KubeClient;
  readonly ownWrites: OwnWrites;
  readonly clock: FakeClock;
  readonly learn: (object: ConfigMap | undefined, type?: InformerEvent<ConfigMap>['type']) => void;
} {
  const clock = new FakeClock();
  const ownWrites = new OwnWrites(clock);
  const events = new Subject<InformerEvent<ConfigMap>>();
  let known: ConfigMap | undefined;
  const raw = { events, get: () => known } as unknown as Informer<ConfigMap>;
  const next = async (_: unknown, { metadata: { resourceVersion = '0' } }: ConfigMap): Promise<ConfigMap> =>
    map(String(Number(resourceVersion) + 1));
  const server = { create: next, update: next, updateStatus: next } as unknown as KubeClient;
  return {
    informer: ownWrites.follow(resource, raw),
    client: ownWrites.through(server),
    ownWrites,
    clock,
    learn: (object, type = 'updated') => {
      const last = object ?? known ?? map('0');
      known = object;
      events.next({ type, object: last, old: last });
    },
  };
}

const version = (informer: Informer<ConfigMap>): string | undefined => informer.get('n', 'a')?.metadata.resourceVersion;

describe('own writes', () => {
  it('are seen before the watch tells of them, one after the other', async () => {
    const { informer, client, learn } = openWorld();
    learn(map('5'), 'added');
    const six = await client.update(resource, map('5'));
    expect(version(informer)).toBe('6');
    await client.updateStatus(resource, six);
    expect(version(informer)).toBe('7');
    learn(map('6'));
    expect(version(informer)).toBe('7');
    learn(map('9'));
    expect(version(informer)).toBe('9');
  });

  it('show what was created, until it is gone', async () => {
    const { informer, client, learn } = openWorld();
    await client.create(resource, { metadata: { namespace: 'n', name: 'a' } });
    expect(version(informer)).toBe('1');
    learn(map('1'), 'added');
    learn(undefined, 'deleted');
    expect(version(informer)).toBeUndefined();
  });

  it('yield to what the watch knows better', async () => {
    const { informer, client, learn } = openWorld();
    learn(map('8'), 'added');
    await client.update(resource, map('5'));
    expect(version(informer)).toBe('8');
  });

  it('are forgotten where the watch never tells', async () => {
    const { informer, client, clock } = openWorld();
    await client.create(resource, { metadata: { namespace: 'n', name: 'a' } });
    await clock.advance(10_001);
    expect(version(informer)).toBeUndefined();
  });

  it('of a status are known again, and those of others are not', async () => {
    const { client, ownWrites, learn } = openWorld();
    learn(map('5'), 'added');
    expect(ownWrites.isOwnStatus(resource, await client.updateStatus(resource, map('5')))).toBe(true);
    expect(ownWrites.isOwnStatus(resource, await client.update(resource, map('6')))).toBe(false);
    learn(undefined, 'deleted');
    expect(ownWrites.isOwnStatus(resource, map('6'))).toBe(false);
  });
});
