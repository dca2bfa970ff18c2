import { type CoreService, type KubeClient, type Pod, StatusError } from '@ebb/api';
import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { createServiceVariables, variablesOf } from './service-variables.ts';

const service = (name: string, clusterIP = '10.0.0.1'): CoreService => ({
  metadata: { name, uid: name },
  spec: {
    clusterIP,
    ports: [
      { name: 'http', port: 80 },
      { port: 53, protocol: 'UDP' },
    ],
  },
});

describe('variables of Services', () => {
  it('are those of a kubelet', () => {
    expect(Object.fromEntries(variablesOf(service('my-db')).map(({ key, value }) => [key, value]))).toEqual({
      MY_DB_SERVICE_HOST: '10.0.0.1',
      MY_DB_SERVICE_PORT: '80',
      MY_DB_SERVICE_PORT_HTTP: '80',
      MY_DB_PORT: 'tcp://10.0.0.1:80',
      MY_DB_PORT_80_TCP: 'tcp://10.0.0.1:80',
      MY_DB_PORT_80_TCP_PROTO: 'tcp',
      MY_DB_PORT_80_TCP_PORT: '80',
      MY_DB_PORT_80_TCP_ADDR: '10.0.0.1',
      MY_DB_PORT_53_UDP: 'udp://10.0.0.1:53',
      MY_DB_PORT_53_UDP_PROTO: 'udp',
      MY_DB_PORT_53_UDP_PORT: '53',
      MY_DB_PORT_53_UDP_ADDR: '10.0.0.1',
    });
    expect(variablesOf(service('headless', 'None'))).toEqual([]);
  });

  it('are of the API server, and of the namespace where the pod wants links; asked for once in a burst', async () => {
    const clock = new FakeClock(0);
    const calls = { get: 0, list: 0 };
    const client = {
      get: () => Promise.resolve((calls.get++, service('kubernetes'))),
      list: () => Promise.resolve((calls.list++, { items: [service('kubernetes'), service('web')] })),
    } as unknown as KubeClient;
    const of = createServiceVariables(client, clock);
    const hosts = async (enableServiceLinks?: boolean): Promise<string[]> => {
      const pod = { metadata: { namespace: 'shop' }, spec: { containers: [], enableServiceLinks } } as unknown as Pod;
      const found = await of(pod, new AbortController().signal);
      return found.flatMap(({ key }) => (key.endsWith('_HOST') ? [key] : []));
    };
    expect(await hosts(false)).toEqual(['KUBERNETES_SERVICE_HOST']);
    expect(await hosts()).toEqual(['KUBERNETES_SERVICE_HOST', 'WEB_SERVICE_HOST']);
    expect(await hosts()).toHaveLength(2);
    expect(calls).toEqual({ get: 1, list: 1 });
    await clock.advance(10_000);
    await hosts();
    expect(calls).toEqual({ get: 2, list: 2 });
  });

  it('are none where there is no such Service', async () => {
    const client = { get: () => Promise.reject(new StatusError('NotFound', 'none')) } as unknown as KubeClient;
    const pod = { metadata: {}, spec: { containers: [], enableServiceLinks: false } } as unknown as Pod;
    expect(await createServiceVariables(client, new FakeClock(0))(pod, new AbortController().signal)).toEqual([]);
  });
});
