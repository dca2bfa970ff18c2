import { keys, resources, systemNamespace } from '@ebb/api';
import { systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { conditionOf } from '@ebb/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namespace } from './api.ts';
import { type World, latest, openWorld, pinned, podOf } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world[Symbol.asyncDispose]());

describe('a Service', () => {
  it('gets a Configuration, a Revision, a PodAutoscaler, a Route and an Ingress, and becomes Ready with them', async () => {
    await world.deploy('hello');
    const revision = await world.find(resources.revisions, 'hello-00001');
    expect(revision.metadata.labels).toMatchObject({
      [keys.configuration]: 'hello',
      [keys.configurationGeneration]: '1',
      [keys.service]: 'hello',
      [keys.routingState]: 'active',
    });
    expect(revision.metadata.annotations?.[keys.creator]).toBeTruthy();
    const podAutoscaler = await world.find(resources.podAutoscalers, 'hello-00001');
    expect(podAutoscaler.spec).toMatchObject({ protocolType: 'http1', reachability: 'Reachable' });
    const waiting = await world.until(resources.routes, 'hello', 'Ready', 'Unknown', 'RevisionMissing');
    expect(waiting.message).toBe('Configuration "hello" is waiting for a Revision to become ready.');

    await world.startRevision('hello-00001');
    await world.until(resources.services, 'hello', 'Ready', 'Unknown', 'IngressNotConfigured');
    const ingress = await world.serve('hello', 'hello-00001');
    expect(ingress.spec.rules).toMatchObject([
      {
        hosts: [`hello.${namespace}`, `hello.${namespace}.svc`, `hello.${namespace}.svc.cluster.local`],
        visibility: 'ClusterLocal',
      },
      { hosts: [`hello.${namespace}.localhost`], visibility: 'ExternalIP' },
    ]);

    await world.until(resources.services, 'hello', 'Ready', 'True');
    const { status } = await world.get(resources.services, 'hello');
    expect(status).toMatchObject({
      url: `http://hello.${namespace}.localhost:8080`,
      address: { url: `http://hello.${namespace}.svc.cluster.local` },
      latestCreatedRevisionName: 'hello-00001',
      latestReadyRevisionName: 'hello-00001',
      traffic: [{ revisionName: 'hello-00001', percent: 100, latestRevision: true }],
    });
    expect(status?.conditions?.map(({ type }) => type)).toEqual(['ConfigurationsReady', 'Ready', 'RoutesReady']);
    const told = await eventually(async () => {
      const { items } = await world.client.list(resources.events, { namespace });
      const found = items.filter(
        ({ reason, involvedObject }) => reason === 'RevisionReady' && involvedObject.name === 'hello-00001',
      );
      return found.length > 0 && found;
    });
    expect(told.map(({ count }) => count)).toEqual([1]);
  });

  it('moves to its second revision once that is ready, and only then', async () => {
    await world.deployReady('hello');
    await world.deploy('hello', { image: 'dev.local/hello:2' });
    await world.find(resources.revisions, 'hello-00002');
    await world.until(resources.services, 'hello', 'ConfigurationsReady', 'Unknown');
    const { spec } = await world.get(resources.ingresses, 'hello');
    expect(JSON.stringify(spec)).not.toContain('hello-00002');
    await world.startRevision('hello-00002');
    await world.serve('hello', 'hello-00002');
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await eventually(async () => {
      const { metadata } = await world.get(resources.revisions, 'hello-00001');
      return metadata.labels?.[keys.routingState] === 'reserve' && metadata.annotations?.[keys.routes] === undefined;
    });
    await eventually(
      async () => (await world.get(resources.podAutoscalers, 'hello-00001')).spec.reachability === 'Unreachable',
    );
  });

  it('splits traffic between revisions and gives every tag a host', async () => {
    await world.deployReady('hello');
    await world.deploy('hello', {
      image: 'dev.local/hello:2',
      traffic: [pinned('hello-00001', 80), latest(20, 'canary')],
    });
    await world.startRevision('hello-00002');
    const { spec } = await world.serve('hello', 'hello-00002');
    const splits = (spec.rules ?? []).map(({ hosts, http }) => [
      hosts?.at(-1),
      http?.paths[0]?.splits.map(({ serviceName, percent }) => `${serviceName}=${percent}`),
    ]);
    expect(splits).toEqual([
      [`hello.${namespace}.svc.cluster.local`, ['hello-00001=80', 'hello-00002=20']],
      [`hello.${namespace}.localhost`, ['hello-00001=80', 'hello-00002=20']],
      [`canary-hello.${namespace}.svc.cluster.local`, ['hello-00002=100']],
      [`canary-hello.${namespace}.localhost`, ['hello-00002=100']],
    ]);
    await world.until(resources.services, 'hello', 'Ready', 'True');
    expect((await world.get(resources.services, 'hello')).status?.traffic).toEqual([
      { revisionName: 'hello-00001', percent: 80, latestRevision: false },
      {
        revisionName: 'hello-00002',
        percent: 20,
        latestRevision: true,
        tag: 'canary',
        url: `http://canary-hello.${namespace}.localhost:8080`,
      },
    ]);
    await world.find(resources.coreServices, 'canary-hello');
    await world.deploy('hello', { image: 'dev.local/hello:2' });
    await world.gone(resources.coreServices, 'canary-hello');
  });

  it('keeps traffic on the old revision when the new one fails, and says why', async () => {
    await world.deployReady('hello');
    await world.deploy('hello', { image: 'dev.local/broken' });
    const terminated = { exitCode: 3, message: 'no such database' };
    await world.runPod('hello-00002', {
      phase: 'Running',
      containerStatuses: [
        { name: 'user-container', image: '', imageID: '', ready: false, restartCount: 1, lastState: { terminated } },
      ],
    });
    const failed = await world.until(resources.services, 'hello', 'Ready', 'False', 'RevisionFailed');
    expect(failed.message).toBe('Revision "hello-00002" failed with message: Container failed with: no such database.');
    await world.until(resources.services, 'hello', 'RoutesReady', 'True');
    expect(conditionOf((await world.get(resources.revisions, 'hello-00002')).status, 'Ready')?.reason).toBe(
      'ExitCode3',
    );
    expect((await world.get(resources.services, 'hello')).status).toMatchObject({
      latestCreatedRevisionName: 'hello-00002',
      latestReadyRevisionName: 'hello-00001',
      traffic: [{ revisionName: 'hello-00001', percent: 100 }],
    });
    await world.startRevision('hello-00002');
    await world.serve('hello', 'hello-00002');
    await world.until(resources.services, 'hello', 'Ready', 'True');
  });

  it('fails with its Route when the first revision cannot get its image', async () => {
    await world.deploy('hello', { image: 'dev.local/nowhere' });
    await world.runPod('hello-00001', {
      phase: 'Pending',
      containerStatuses: [
        {
          name: 'user-container',
          image: '',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: 'ErrImagePull', message: 'no folder is called nowhere' } },
        },
      ],
    });
    await world.until(resources.revisions, 'hello-00001', 'Ready', 'False', 'ErrImagePull');
    const route = await world.until(resources.services, 'hello', 'RoutesReady', 'False', 'RevisionMissing');
    expect(route.message).toBe('Configuration "hello" does not have any ready Revision.');
    const configuration = await world.until(resources.services, 'hello', 'ConfigurationsReady', 'False');
    expect(configuration.message).toBe('Revision "hello-00001" failed with message: no folder is called nowhere.');
  });

  it('fails when its first revision is not ready by the progress deadline, though nothing happens', async () => {
    await world.deploy('hello');
    await world.runPod('hello-00001', {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'False', message: 'connection refused' }],
    });
    const almost = systemClock.now() - 599_000;
    await world.scale('hello-00001', 0, { since: almost });
    const failed = await world.until(resources.revisions, 'hello-00001', 'Ready', 'False', 'ProgressDeadlineExceeded');
    expect(failed.message).toBe(
      'No instance became ready within 600s (readiness probe: TCP connection to port 8080): connection refused',
    );
  });

  it('uses the own name of a revision and refuses one that is taken by another template', async () => {
    await world.deployReady('hello', { revision: 'hello-blue' });
    await world.deploy('hello', { revision: 'hello-green', image: 'dev.local/hello:2' });
    await world.startRevision('hello-green');
    await world.serve('hello', 'hello-green');
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await world.deploy('hello', { revision: 'hello-blue' });
    await world.serve('hello', 'hello-blue');
    await eventually(
      async () => (await world.get(resources.services, 'hello')).status?.latestReadyRevisionName === 'hello-blue',
    );
    await world.until(resources.services, 'hello', 'Ready', 'True');
    await world.deploy('hello', { revision: 'hello-green', image: 'dev.local/hello:3' });
    await world.until(resources.services, 'hello', 'RoutesReady', 'False', 'RevisionNameTaken');
    const failed = await world.until(resources.services, 'hello', 'ConfigurationsReady', 'False', 'RevisionFailed');
    expect(failed.message).toContain('already exists');
    expect((await world.get(resources.services, 'hello')).status?.traffic).toMatchObject([
      { revisionName: 'hello-blue' },
    ]);
  });

  it('takes no Route that belongs to someone else', async () => {
    await world.client.create(resources.routes, {
      metadata: { name: 'hello', namespace },
      spec: { traffic: [{ configurationName: 'other', latestRevision: true, percent: 100 }] },
    });
    await world.deploy('hello');
    const refused = await world.until(resources.services, 'hello', 'RoutesReady', 'False', 'NotOwned');
    expect(refused.message).toBe('There is an existing Route "hello" that we do not own.');
  });

  it('makes right what was changed by hand', async () => {
    await world.deployReady('hello');
    await world.client.patch(
      resources.routes,
      { namespace, name: 'hello' },
      {
        type: 'merge',
        body: { metadata: { labels: { stray: 'yes' } }, spec: { traffic: [pinned('nowhere', 100)] } },
      },
    );
    await world.client.delete(resources.podAutoscalers, { namespace, name: 'hello-00001' });
    await eventually(async () => {
      const { metadata, spec } = await world.get(resources.routes, 'hello');
      return metadata.labels?.['stray'] === undefined && spec.traffic?.[0]?.configurationName === 'hello';
    });
    const { metadata } = await world.find(resources.podAutoscalers, 'hello-00001');
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Revision', name: 'hello-00001', controller: true }]);
  });

  it('takes everything with it when it is deleted', async () => {
    await world.deployReady('hello');
    await world.client.delete(resources.services, { namespace, name: 'hello' });
    await world.gone(resources.ingresses, 'hello');
    await world.gone(resources.coreServices, 'hello');
    await world.gone(resources.routes, 'hello');
    await world.gone(resources.podAutoscalers, 'hello-00001');
    await world.gone(resources.revisions, 'hello-00001');
    await world.gone(resources.configurations, 'hello');
    expect((await world.client.list(resources.services)).items).toEqual([]);
  });

  it('becomes cluster-local with its label, and takes a new domain while it runs', async () => {
    await world.deployReady('hello');
    await world.client.patch(
      resources.configMaps,
      { namespace: systemNamespace, name: 'config-domain' },
      {
        type: 'merge',
        body: { data: { localhost: null, 'example.com': '' } },
      },
    );
    const hasUrl = async (url: string): Promise<boolean> =>
      (await world.get(resources.services, 'hello')).status?.url === url;
    await eventually(() => hasUrl(`http://hello.${namespace}.example.com:8080`));
    await world.client.patch(
      resources.services,
      { namespace, name: 'hello' },
      {
        type: 'merge',
        body: { metadata: { labels: { [keys.visibility]: 'cluster-local' } } },
      },
    );
    await eventually(() => hasUrl(`http://hello.${namespace}.svc.cluster.local`));
    const { spec } = await world.get(resources.ingresses, 'hello');
    expect(spec.rules?.map(({ visibility }) => visibility)).toEqual(['ClusterLocal']);
  });
});

describe('the controllers', () => {
  it('write nothing while nothing changes', async () => {
    await world.deployReady('hello');
    // The queues keep order: once a later Service is through them, nothing about the earlier one is left.
    await world.deployReady('second');
    const before = world.writes.length;
    for (const touched of ['a', 'b', 'c']) {
      await world.client.patch(
        resources.configMaps,
        { namespace: systemNamespace, name: 'config-network' },
        { type: 'merge', body: { data: { touched } } },
      );
    }
    await world.deployReady('third');
    expect(world.writes.slice(before).filter((write) => !write.includes('third'))).toEqual([]);
  });

  it('leave alone the Configuration of a Service whose Route is another object', async () => {
    await world.client.create(resources.routes, {
      metadata: { name: 'hello', namespace },
      spec: { traffic: [{ configurationName: 'other', latestRevision: true, percent: 100 }] },
    });
    await world.deploy('hello');
    await world.until(resources.services, 'hello', 'RoutesReady', 'False', 'NotOwned');
    await world.deployReady('second');
    const before = world.writes.length;
    await world.deployReady('third');
    expect(world.writes.slice(before).filter((write) => write === 'update configurations hello')).toEqual([]);
  });

  it('tell Revisions when a Route that stands alone comes and goes', async () => {
    const configuration = {
      metadata: { name: 'lone', namespace },
      spec: { template: { spec: podOf('dev.local/lone') } },
    };
    await world.client.create(resources.configurations, configuration);
    const state = async (): Promise<unknown> =>
      (await world.get(resources.revisions, 'lone-00001')).metadata.labels?.[keys.routingState];
    await eventually(async () => (await state()) === 'pending');
    const traffic = [{ configurationName: 'lone', latestRevision: true, percent: 100 }];
    await world.client.create(resources.routes, { metadata: { name: 'way', namespace }, spec: { traffic } });
    await eventually(async () => (await state()) === 'active');
    await world.client.delete(resources.routes, { namespace, name: 'way' });
    await eventually(async () => (await state()) === 'reserve');
    const { metadata } = await world.get(resources.configurations, 'lone');
    expect(metadata.annotations?.[keys.routes]).toBeUndefined();
  });

  it('keep the settings in force when a ConfigMap is not valid', async () => {
    await world.client.patch(
      resources.configMaps,
      { namespace: systemNamespace, name: 'config-network' },
      {
        type: 'merge',
        body: { data: { 'domain-template': '{{.Nonsense' } },
      },
    );
    await world.deployReady('hello');
    expect((await world.get(resources.services, 'hello')).status?.url).toBe(`http://hello.${namespace}.localhost:8080`);
  });
});
