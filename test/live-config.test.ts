import { keys, resources, systemNamespace } from '@ebb/api';
import { systemClock } from '@ebb/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { namespace } from './api.ts';
import { type World, latest, openWorld } from './world.ts';

describe('a ConfigMap that changes while Ebb runs', () => {
  let world: World;

  beforeEach(async () => {
    world = await openWorld({ simulated: true });
    for (const name of ['config-gc', 'config-features', 'config-deployment'])
      await world.client.create(resources.configMaps, { metadata: { namespace: systemNamespace, name } });
  });

  afterEach(() => world[Symbol.asyncDispose]());

  const url = async (): Promise<string | undefined> => (await world.get(resources.services, 'hello')).status?.url;
  const ready = (): Promise<unknown> => world.until(resources.services, 'hello', 'Ready', 'True');

  it('gives Routes that are there other names', async () => {
    await world.deploy('hello', { traffic: [latest(100, 'now')] });
    await ready();
    await world.configure('config-network', {
      'domain-template': '{{.Name}}-{{.Namespace}}.{{.Domain}}',
      'tag-template': '{{.Name}}-{{.Tag}}',
      'default-external-scheme': 'https',
      'ebb-external-port': '8443',
    });
    await world.eventually(async () => (await url()) === `https://hello-${namespace}.localhost:8443`);
    await world.find(resources.coreServices, 'hello-now');
    await world.gone(resources.coreServices, 'now-hello');
    await ready();
    const { status } = await world.get(resources.services, 'hello');
    expect(status?.traffic?.[0]?.url).toBe(`https://hello-now-${namespace}.localhost:8443`);
  });

  it('tells who asks for certificates that none are made', async () => {
    await world.deploy('hello');
    await ready();
    const about = async (): Promise<string | undefined> => {
      const { status } = await world.get(resources.routes, 'hello');
      return status?.conditions?.find(({ type }) => type === 'CertificateProvisioned')?.message;
    };
    expect(await about()).toBe('external-domain-tls is not enabled');
    await world.configure('config-network', { 'external-domain-tls': 'Enabled' });
    await world.eventually(async () => (await about())?.startsWith('external-domain-tls is Enabled, but') ?? false);
    await ready();
  });

  it('lets requests choose a tag by header', async () => {
    await world.deploy('hello', { traffic: [latest(100, 'now')] });
    await ready();
    await world.configure('config-features', { 'tag-header-based-routing': 'Enabled' });
    await world.eventually(async () => {
      const { spec } = await world.get(resources.ingresses, 'hello');
      return spec.rules?.[0]?.http?.paths[0]?.headers?.['Knative-Serving-Tag']?.exact === 'now';
    });
    await ready();
    expect((await world.get(resources.services, 'hello')).status?.observedGeneration).toBe(1);
  });

  it('lets old Revisions go', async () => {
    await world.deploy('hello');
    await ready();
    await world.deploy('hello', { image: 'dev.local/hello:2' });
    await world.eventually(async () => {
      const { metadata } = await world.get(resources.revisions, 'hello-00001');
      return metadata.labels?.[keys.routingState] === 'reserve';
    });
    await world.configure('config-gc', {
      'retain-since-create-time': 'disabled',
      'retain-since-last-active-time': 'disabled',
      'min-non-active-revisions': '0',
      'max-non-active-revisions': '0',
    });
    await world.gone(resources.revisions, 'hello-00001');
    expect((await world.get(resources.revisions, 'hello-00002')).metadata.deletionTimestamp).toBeUndefined();
  });

  it('shortens the time a Revision has to become ready', async () => {
    await world[Symbol.asyncDispose]();
    world = await openWorld({ config: { 'config-deployment': { 'progress-deadline': '600s' } } });
    await world.deploy('hello');
    await world.runPod('hello-00001', { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] });
    await world.scale('hello-00001', 0, { since: systemClock.now() - 60_000 });
    await world.until(resources.revisions, 'hello-00001', 'ResourcesAvailable', 'Unknown', 'Deploying');
    await world.configure('config-deployment', { 'progress-deadline': '30s' });
    const failed = await world.until(resources.revisions, 'hello-00001', 'Ready', 'False', 'ProgressDeadlineExceeded');
    expect(failed.message).toMatch(/No instance (?:was started|became ready) within 30s/);
  });

  it('changes nothing where it is not valid, and is told so', async () => {
    await world.deploy('hello');
    await ready();
    await world.configure('config-network', { 'domain-template': '{{.Nonsense', 'ebb-external-port': '9090' });
    const told = await world.eventually(async () => {
      const { items } = await world.client.list(resources.events, { namespace: systemNamespace });
      return items.find(({ reason }) => reason === 'InvalidConfiguration');
    });
    expect(told).toMatchObject({ type: 'Warning', involvedObject: { kind: 'ConfigMap', name: 'config-network' } });
    expect(told.message).toContain('domain-template = {{.Nonsense');
    // Another map, a good one, does not bring the bad one in.
    await world.configure('config-domain', { localhost: null, 'example.com': '' });
    await world.eventually(async () => (await url()) === `http://hello.${namespace}.example.com:8080`);
    await world.configure('config-network', { 'domain-template': null });
    await world.eventually(async () => (await url()) === `http://hello.${namespace}.example.com:9090`);
  });
});
