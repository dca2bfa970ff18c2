import { join } from 'node:path';
import { type DomainMapping, keys, resources, systemNamespace } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { isReady } from '@ebb/kube';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { namespace, newName } from './api.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';
import { type World, openWorld } from './world.ts';

const domain = 'www.example.com';
const ksvc = (name: string): DomainMapping['spec']['ref'] => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  name,
});

describe('a DomainMapping', () => {
  let world: World;

  beforeEach(async () => {
    world = await openWorld({ config: { 'config-network': { 'autocreate-cluster-domain-claims': 'true' } } });
  });

  afterEach(() => world[Symbol.asyncDispose]());

  const map = (ref: DomainMapping['spec']['ref'], spec: Partial<DomainMapping['spec']> = {}): Promise<DomainMapping> =>
    world.client.create(resources.domainMappings, { metadata: { name: domain, namespace }, spec: { ref, ...spec } });
  const get = (): Promise<DomainMapping> => world.get(resources.domainMappings, domain);

  it('claims its domain, finds what it refers to and becomes Ready with its Ingress', async () => {
    await world.deployReady('hello');
    await map(ksvc('hello'));
    await world.until(resources.domainMappings, domain, 'ReferenceResolved', 'True');
    await world.until(resources.domainMappings, domain, 'IngressReady', 'Unknown', 'IngressNotConfigured');
    const { metadata, spec } = await world.serve(domain, 'hello');
    expect(spec).toEqual({
      httpOption: 'Enabled',
      rules: [
        {
          hosts: [domain],
          visibility: 'ExternalIP',
          http: {
            paths: [
              {
                rewriteHost: `hello.${namespace}.svc.cluster.local`,
                appendHeaders: { 'K-Original-Host': domain },
                splits: [{ serviceName: 'hello', serviceNamespace: namespace, servicePort: 80, percent: 100 }],
              },
            ],
          },
        },
      ],
    });
    expect(metadata.labels).toMatchObject({
      'serving.knative.dev/domainMappingNamespace': namespace,
      'serving.knative.dev/domainMappingUID': (await get()).metadata.uid,
    });
    await world.until(resources.domainMappings, domain, 'Ready', 'True');
    const { status } = await get();
    expect(status).toMatchObject({ url: `http://${domain}`, address: { url: `http://${domain}` } });
    expect(status?.conditions?.map(({ type }) => type)).toEqual([
      'CertificateProvisioned',
      'DomainClaimed',
      'IngressReady',
      'Ready',
      'ReferenceResolved',
    ]);
    const claim = await world.client.get(resources.clusterDomainClaims, { name: domain });
    expect(claim.spec).toEqual({ namespace });
    await world.client.delete(resources.domainMappings, { namespace, name: domain });
    await world.gone(resources.domainMappings, domain);
    await world.gone(resources.ingresses, domain);
    expect((await world.client.list(resources.clusterDomainClaims)).items).toEqual([]);
  });

  it('waits for a domain that another namespace has, and takes it once that is gone', async () => {
    await world.deployReady('hello');
    const other = newName(`${namespace}-other`);
    await world.client.create(resources.namespaces, { metadata: { name: other } });
    await world.client.create(resources.domainMappings, {
      metadata: { name: domain, namespace: other },
      spec: { ref: ksvc('hello') },
    });
    await world.eventually(() => world.client.get(resources.clusterDomainClaims, { name: domain }));
    await map(ksvc('hello'));
    const refused = await world.until(
      resources.domainMappings,
      domain,
      'DomainClaimed',
      'False',
      'DomainAlreadyClaimed',
    );
    expect(refused.message).toBe('The domain name "www.example.com" is already in use by another namespace.');
    const { metadata, status } = await get();
    expect(status?.observedGeneration).toBe(metadata.generation);
    await world.client.delete(resources.domainMappings, { namespace: other, name: domain });
    await world.serve(domain, 'hello');
    await world.until(resources.domainMappings, domain, 'Ready', 'True');
    await world.client.delete(resources.namespaces, { name: other });
  });

  it('is claimed by nobody unasked where that is not wanted', async () => {
    await world.configure('config-network', { 'autocreate-cluster-domain-claims': null });
    await world.deployReady('hello');
    await map(ksvc('hello'));
    const refused = await world.until(resources.domainMappings, domain, 'Ready', 'False', 'DomainAlreadyClaimed');
    expect(refused.message).toContain('create a ClusterDomainClaim "www.example.com"');
    await world.client.create(resources.clusterDomainClaims, { metadata: { name: domain }, spec: { namespace } });
    await world.serve(domain, 'hello');
    await world.until(resources.domainMappings, domain, 'Ready', 'True');
    await world.client.delete(resources.domainMappings, { namespace, name: domain });
    await world.gone(resources.domainMappings, domain);
    expect((await world.client.list(resources.clusterDomainClaims)).items).toHaveLength(1);
  });

  it.each([
    ['a Service that is not there', ksvc('hello'), 'services.serving.knative.dev "hello" not found'],
    ['a Service of Kubernetes that is not there', { ...ksvc('hello'), apiVersion: 'v1' }, 'services "hello" not found'],
    [
      'something without an address',
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hello' },
      'apps/v1 Deployment "hello" cannot be mapped: the reference must be a Service or Route of serving.knative.dev/v1, or a Service of v1.',
    ],
  ])('says that it refers to %s', async (_what, ref, message) => {
    await map(ref);
    const failed = await world.until(resources.domainMappings, domain, 'ReferenceResolved', 'False', 'ResolveFailed');
    expect(failed.message).toBe(message);
    await world.until(resources.domainMappings, domain, 'Ready', 'False', 'ResolveFailed');
  });

  it('may lead to a tag by its placeholder Service, and brings a certificate of its own', async () => {
    await world.deployReady('hello', { traffic: [{ latestRevision: true, percent: 100, tag: 'now' }] });
    const ref = { apiVersion: 'v1', kind: 'Service', name: 'now-hello' };
    await map(ref, { tls: { secretName: 'mine' } });
    const { spec } = await world.serve(domain, 'now-hello');
    expect(spec.tls).toEqual([{ hosts: [domain], secretName: 'mine', secretNamespace: namespace }]);
    await world.until(resources.domainMappings, domain, 'Ready', 'True');
    const { status } = await get();
    expect(status?.url).toBe(`https://${domain}`);
    const reasons = status?.conditions?.map(({ type, reason }) => [type, reason]);
    expect(reasons).toContainEqual(['CertificateProvisioned', 'CertificateExternallyProvided']);
  });

  it('may lead to a Service of Kubernetes', async () => {
    await world.client.create(resources.coreServices, {
      metadata: { name: 'plain', namespace },
      spec: { ports: [{ port: 80 }] },
    });
    await map({ apiVersion: 'v1', kind: 'Service', name: 'plain' });
    await world.serve(domain, 'plain');
    await world.until(resources.domainMappings, domain, 'Ready', 'True');
    expect((await get()).status).toMatchObject({ url: `http://${domain}` });
  });

  it('adopts no Ingress of somebody else', async () => {
    await world.deployReady('hello');
    await world.client.create(resources.ingresses, {
      metadata: { name: domain, namespace, annotations: { [keys.ingressClass]: 'other' } },
      spec: {
        rules: [
          {
            http: {
              paths: [{ splits: [{ serviceName: 'x', serviceNamespace: namespace, servicePort: 80, percent: 100 }] }],
            },
          },
        ],
      },
    });
    await map(ksvc('hello'));
    const failed = await world.until(resources.domainMappings, domain, 'Ready', 'False', 'NotOwned');
    expect(failed.message).toBe(`There is an existing Ingress "${domain}" that we do not own.`);
  });
});

describe('a mapped domain', () => {
  let ebb: TestPlatform;

  beforeAll(async () => {
    ebb = await startTestPlatform([join(import.meta.dirname, '..', 'examples')]);
    const network = { namespace: systemNamespace, name: 'config-network' };
    const body = { data: { 'autocreate-cluster-domain-claims': 'true' } };
    await ebb.platform.client.patch(resources.configMaps, network, { type: 'merge', body });
  });

  afterAll(() => ebb[Symbol.asyncDispose]());

  const hello = (name: string, labels: string): string => `
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: ${name}
  labels: ${labels}
spec:
  template:
    spec:
      containers:
        - image: dev.local/hello`;

  it('is answered by its Service at the first try, a private one too, until the mapping goes', async () => {
    const { client } = ebb.platform;
    const name = newName('hello');
    const mapped = `${name}.example.com`;
    await ebb.apply(hello(name, '{}'));
    await ebb.ready(name);
    expect(await ebb.curl(mapped)).toMatchObject({ status: 404 });
    await client.create(resources.domainMappings, {
      metadata: { name: mapped, namespace },
      spec: { ref: ksvc(name) },
    });
    const mapping = await eventually(async () => {
      const found = await client.get(resources.domainMappings, { namespace, name: mapped });
      return isReady(found) && found;
    });
    expect(mapping.status?.url).toBe(`http://${mapped}:${ebb.platform.gateway.port}`);
    const answer = { status: 200, body: `Hello World, from ${name}-00001\n` };
    expect(await ebb.curl(mapped)).toMatchObject(answer);

    await ebb.apply(hello(name, '{ networking.knative.dev/visibility: cluster-local }'));
    await eventually(async () => (await ebb.curl(`${name}.${namespace}.localhost`)).status === 404);
    expect(await ebb.curl(mapped)).toMatchObject(answer);

    await client.delete(resources.domainMappings, { namespace, name: mapped });
    await eventually(async () => (await ebb.curl(mapped)).status === 404);
  });
});
