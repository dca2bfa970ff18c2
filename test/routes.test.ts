import { type CoreService, type Ingress, type LoadBalancerStatus, keys, resources } from '@ebb/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namespace } from './api.ts';
import { type World, latest, openWorld, podOf } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await openWorld();
});

afterEach(() => world[Symbol.asyncDispose]());

const placeholder = (name = 'hello'): Promise<CoreService> => world.get(resources.coreServices, name);
const edit = (body: object, name = 'hello'): Promise<unknown> =>
  world.client.patch(resources.services, { namespace, name }, { type: 'merge', body });

describe('the placeholder Service of a Route', () => {
  /** Plays gateway: tells where the Ingress is served. */
  const serveAt = async (
    balancers: Pick<NonNullable<Ingress['status']>, 'publicLoadBalancer' | 'privateLoadBalancer'>,
  ) => {
    const { status: _, ...ingress } = await world.get(resources.ingresses, 'hello');
    const conditions = ['LoadBalancerReady', 'NetworkConfigured', 'Ready'].map((type) => ({
      type,
      status: 'True' as const,
    }));
    const status = { observedGeneration: ingress.metadata.generation ?? 0, conditions, ...balancers };
    await world.client.updateStatus(resources.ingresses, { ...ingress, status });
  };
  const at = (balancer: NonNullable<LoadBalancerStatus['ingress']>[0]): LoadBalancerStatus => ({ ingress: [balancer] });
  const port = { name: 'http2', port: 80, targetPort: 80, protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' };

  it('leads to the gateway, the private one if there is one, by name or by address', async () => {
    await world.deploy('hello');
    await world.startRevision('hello-00001');
    const first = await world.find(resources.coreServices, 'hello');
    expect(first.spec).toMatchObject({
      type: 'ExternalName',
      externalName: `hello.${namespace}.localhost`,
      ports: [port],
    });
    await world.find(resources.ingresses, 'hello');

    const privateLoadBalancer = at({ domainInternal: 'inner.knative-serving.svc.cluster.local' });
    await serveAt({ publicLoadBalancer: at({ domain: 'lb.example.com' }), privateLoadBalancer });
    await world.eventually(
      async () => (await placeholder()).spec?.externalName === 'inner.knative-serving.svc.cluster.local',
    );
    await world.until(resources.services, 'hello', 'Ready', 'True');

    await serveAt({ publicLoadBalancer: at({ domain: 'lb.example.com' }) });
    await world.eventually(async () => (await placeholder()).spec?.externalName === 'lb.example.com');

    await serveAt({ privateLoadBalancer: at({ ip: '10.1.2.3' }) });
    await world.eventually(async () => (await placeholder()).spec?.clusterIP === 'None');
    expect((await placeholder()).spec?.externalName).toBeUndefined();
    const { subsets, metadata } = await world.find(resources.endpoints, 'hello');
    expect(subsets).toMatchObject([{ addresses: [{ ip: '10.1.2.3' }], ports: [{ name: 'http2', port: 80 }] }]);
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'Route', name: 'hello', controller: true }]);

    await serveAt({ privateLoadBalancer });
    await world.gone(resources.endpoints, 'hello');
    await world.eventually(async () => (await placeholder()).spec?.type === 'ExternalName');
  });

  it('keeps labels and annotations that its Service and Route have lost', async () => {
    await world.deployReady('hello');
    await edit({ metadata: { labels: { mine: 'label' }, annotations: { mine: 'annotation' } } });
    const has = async (wanted: boolean): Promise<boolean> => {
      const all = [await world.get(resources.routes, 'hello'), await world.get(resources.configurations, 'hello')];
      return all.every(
        ({ metadata }) =>
          (metadata.labels?.['mine'] === 'label') === wanted &&
          (metadata.annotations?.['mine'] === 'annotation') === wanted,
      );
    };
    await world.eventually(() => has(true));
    await world.eventually(async () => (await placeholder()).metadata.labels?.['mine'] === 'label');
    const { metadata } = await placeholder();
    expect(metadata.labels).toMatchObject({ [keys.service]: 'hello', [keys.route]: 'hello' });
    expect(metadata.annotations?.[keys.creator]).toBe(
      (await world.get(resources.services, 'hello')).metadata.annotations?.[keys.creator],
    );
    await edit({ metadata: { labels: { mine: null }, annotations: { mine: null } } });
    await world.eventually(() => has(false));
    await world.until(resources.services, 'hello', 'Ready', 'True');
    expect((await placeholder()).metadata).toMatchObject({
      labels: { mine: 'label' },
      annotations: { mine: 'annotation' },
    });
  });

  it('makes its tag private with a label, and public again without', async () => {
    await world.deployReady('hello', { traffic: [latest(100, 'now')] });
    const label = (value: string | null): Promise<unknown> =>
      world.client.patch(
        resources.coreServices,
        { namespace, name: 'now-hello' },
        { type: 'merge', body: { metadata: { labels: { [keys.visibility]: value } } } },
      );
    const urls = async (): Promise<unknown> => {
      const { status } = await world.get(resources.routes, 'hello');
      return [status?.url, status?.traffic?.[0]?.url];
    };
    const is = async (...wanted: string[]): Promise<boolean> => JSON.stringify(await urls()) === JSON.stringify(wanted);
    await label('cluster-local');
    await world.eventually(() =>
      is(`http://hello.${namespace}.localhost:8080`, `http://now-hello.${namespace}.svc.cluster.local`),
    );
    const { spec } = await world.get(resources.ingresses, 'hello');
    expect(spec.rules?.map(({ visibility }) => visibility)).toEqual(['ClusterLocal', 'ExternalIP', 'ClusterLocal']);
    await label(null);
    await world.eventually(() =>
      is(`http://hello.${namespace}.localhost:8080`, `http://now-hello.${namespace}.localhost:8080`),
    );
  });

  it('holds its name against a tag of another Route', async () => {
    await world.deployReady('now-hello');
    await world.deploy('hello', { traffic: [latest(100, 'now')] });
    await world.startRevision('hello-00001');
    const taken = await world.until(resources.services, 'hello', 'RoutesReady', 'False', 'NotOwned');
    expect(taken.message).toBe('There is an existing placeholder Service "now-hello" that we do not own.');
    await world.client.delete(resources.services, { namespace, name: 'now-hello' });
    await world.serve('hello', 'hello-00001');
    await world.until(resources.services, 'hello', 'Ready', 'True');
  });
});

describe('a Route', () => {
  it('holds back its end until nothing carries its name any more', async () => {
    await world.client.create(resources.configurations, {
      metadata: { name: 'lone', namespace },
      spec: { template: { spec: podOf('dev.local/lone') } },
    });
    const traffic = [{ configurationName: 'lone', latestRevision: true, percent: 100 }];
    await world.client.create(resources.routes, { metadata: { name: 'way', namespace }, spec: { traffic } });
    await world.eventually(
      async () => (await world.get(resources.revisions, 'lone-00001')).metadata.annotations?.[keys.routes] === 'way',
    );
    const { metadata } = await world.get(resources.routes, 'way');
    expect(metadata.finalizers).toEqual(['routes.serving.knative.dev']);
    await world.stop();
    await world.client.delete(resources.routes, { namespace, name: 'way' });
    expect((await world.get(resources.routes, 'way')).metadata.deletionTimestamp).toBeTruthy();
    await world.start();
    await world.gone(resources.routes, 'way');
    expect((await world.get(resources.revisions, 'lone-00001')).metadata.labels?.[keys.routingState]).toBe('reserve');
  });
});

describe('the life of a Service', () => {
  it('is told in events, each of which happened once', async () => {
    await world.deployReady('hello', { traffic: [latest(100, 'now')] });
    await world.deploy('hello', { image: 'dev.local/broken' });
    await world.scale('hello-00002', 0, { since: 0 });
    await world.until(resources.services, 'hello', 'Ready', 'False', 'RevisionFailed');
    await world.serve('hello', 'hello-00001');
    const expected = [
      'Configuration hello ConfigurationReady 1',
      'Configuration hello Created 1',
      'Configuration hello LatestCreatedFailed 1',
      'Configuration hello LatestReadyUpdate 1',
      'Revision hello-00001 RevisionReady 1',
      'Route hello Created 1',
      'Route hello Deleted 1',
      'Service hello Created 1',
    ];
    const told = async (): Promise<string[]> => {
      const { items } = await world.client.list(resources.events, { namespace });
      const lines = items.map(
        ({ involvedObject: { kind, name }, reason, count }) => `${kind} ${name} ${reason} ${count}`,
      );
      return [...new Set(lines)].toSorted();
    };
    await world.eventually(async () => JSON.stringify(await told()) === JSON.stringify(expected)).catch(() => {});
    expect(await told()).toEqual(expected);
  });

  it('may begin with a name that the API server makes', async () => {
    const { metadata } = await world.client.create(resources.services, {
      metadata: { generateName: 'some-', namespace },
      spec: { template: { spec: podOf('dev.local/hello') }, traffic: [latest(100)] },
    });
    const { name = '' } = metadata;
    await world.startRevision(`${name}-00001`);
    await world.serve(name, `${name}-00001`);
    await world.until(resources.services, name, 'Ready', 'True');
    expect((await world.get(resources.services, name)).status?.url).toBe(`http://${name}.${namespace}.localhost:8080`);
  });
});
