import { createServer } from 'node:https';
import { randomBytes } from 'node:crypto';
import { type AddressInfo, type Server } from 'node:net';
import { type CoreService, type KubernetesObject, type Resource, resources } from '@ebb/api';
import { makeCertificates } from '@ebb/base/certificates';
import { eventually } from '@ebb/base/testing';
import type { KubeClient } from '@ebb/kube';

/** What a metrics server would be told of: each pod of a namespace uses so many cores. */
export interface MetricsApi extends AsyncDisposable {
  /** Cores that each pod uses. */
  cores: number;
}

const groupVersion = 'metrics.k8s.io/v1beta1';
const apiServices: Resource<KubernetesObject> = {
  group: 'apiregistration.k8s.io',
  version: 'v1',
  plural: 'apiservices',
  kind: 'APIService',
  namespaced: false,
};

/**
 * Serves `metrics.k8s.io` in this process, and has a real kube-apiserver pass it on: its aggregator takes a Service that is but a name,
 * `localhost`, where it would take the address of none.
 */
export async function startMetricsApi(client: KubeClient, namespace: string): Promise<MetricsApi> {
  const { certificate, key } = await makeCertificates({ commonName: 'metrics', hosts: ['localhost'], now: Date.now() });
  const name = `metrics-${randomBytes(3).toString('hex')}`;
  const apiService = { name: 'v1beta1.metrics.k8s.io' };
  const close = async (server: Server): Promise<void> => {
    await client.delete(apiServices, apiService);
    await client.delete(resources.coreServices, { namespace, name });
    server.close();
  };
  const server = createServer({ cert: certificate, key }, (request, response) => {
    void answer(client, request.url ?? '', api.cores).then((body) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    });
  });
  const api: MetricsApi = { cores: 0, [Symbol.asyncDispose]: () => close(server) };
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const service: CoreService = {
    metadata: { namespace, name },
    spec: { type: 'ExternalName', externalName: 'localhost' },
  };
  await client.create(resources.coreServices, service);
  const spec = {
    group: 'metrics.k8s.io',
    version: 'v1beta1',
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service: { namespace, name, port },
  };
  const registration = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: apiService, spec };
  await client.create(apiServices, registration as KubernetesObject);
  const isAvailable = async (): Promise<boolean> => {
    const { status } = (await client.get(apiServices, apiService)) as {
      status?: { conditions?: { status: string }[] };
    };
    if (status?.conditions?.some((condition) => condition.status === 'True')) return true;
    throw new Error(JSON.stringify(status));
  };
  await eventually(isAvailable, { what: 'the API server to pass metrics.k8s.io on', timeoutMs: 30_000 });
  return api;
}

async function answer(client: KubeClient, url: string, cores: number): Promise<object> {
  const { pathname, searchParams } = new URL(url, 'https://localhost');
  const [, namespace] = /\/namespaces\/([^/]+)\/pods$/.exec(pathname) ?? [];
  if (namespace === undefined) {
    const pods = { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] };
    return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [pods] };
  }
  const labelSelector = searchParams.get('labelSelector') ?? '';
  const { items } = await client.list(resources.pods, { namespace, labelSelector });
  const usage = { cpu: `${Math.round(cores * 1000)}m`, memory: '10Mi' };
  const measured = items.map(({ metadata, spec }) => ({
    metadata,
    timestamp: new Date().toISOString(),
    window: '1s',
    containers: spec.containers.map((container) => ({ name: container.name, usage })),
  }));
  return { kind: 'PodMetricsList', apiVersion: groupVersion, metadata: {}, items: measured };
}
