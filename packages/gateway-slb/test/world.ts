import {
  type CoreService,
  type Ingress,
  ingressClass,
  keys,
  namespaceHeader,
  resources,
  revisionHeader,
} from '@ebb/api';
import { type Clock, type Logger, silentLogger, systemClock } from '@ebb/base';
import { type Gateway, type WorkerChannel, createGateway } from '../src/index.ts';
import { type FakeClient, createFakeClient } from './fake-client.ts';
import { type Backend, host } from './harness.ts';
import { exchangeRaw } from './raw-client.ts';

/** A whole gateway over an API that is a map. */
export interface World extends AsyncDisposable {
  readonly client: FakeClient;
  readonly gateway: Gateway;
  /** Puts annotations on the gateway's Service. */
  ask(annotations: Record<string, string>): void;
  /** Puts annotations on the Ingress. */
  limit(annotations: Record<string, string>): void;
  get(...headers: string[]): Promise<string>;
}

const makeIngress = (annotations: Record<string, string>): Ingress => ({
  metadata: {
    namespace: 'default',
    name: 'hello',
    generation: 1,
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { [keys.ingressClass]: ingressClass, ...annotations },
  },
  spec: {
    rules: [
      {
        hosts: [host],
        http: {
          paths: [
            {
              splits: [{ serviceNamespace: 'default', serviceName: 'hello-00001', servicePort: 80, percent: 100 }],
              appendHeaders: { [namespaceHeader]: 'default', [revisionHeader]: 'hello-00001' },
            },
          ],
        },
      },
    ],
  },
});

/** A gateway before several instances. */
export async function openWorld(
  backends: readonly Backend[],
  logger: Logger = silentLogger,
  { clock = systemClock, main }: { readonly clock?: Clock; readonly main?: WorkerChannel } = {},
): Promise<World> {
  const client = createFakeClient();
  client.put(resources.revisions, {
    metadata: { namespace: 'default', name: 'hello-00001' },
    spec: { containers: [{ name: 'user', image: 'x' }], containerConcurrency: 0, timeoutSeconds: 10 },
  });
  backends.forEach((backend, index) =>
    client.put(resources.pods, {
      metadata: {
        namespace: 'default',
        name: `pod-${index}`,
        labels: { [keys.revision]: 'hello-00001' },
        annotations: { [keys.userPort]: String(backend.port) },
      },
      spec: { containers: [{ name: 'user', ports: [{ containerPort: 8080 }] }] },
      status: { podIP: '127.0.0.1', phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    }),
  );
  client.put(resources.ingresses, makeIngress({}));
  const gateway = await createGateway({
    client,
    clock,
    logger,
    random: Math.random,
    name: 'gateway-1',
    main,
    listeners: { public: { host: '127.0.0.1', port: 0 }, private: { host: '127.0.0.1', port: 0 } },
    sendStats: () => {},
  });
  await gateway.ready;
  const service = (annotations: Record<string, string>): CoreService => ({
    metadata: { namespace: 'knative-serving', name: 'ebb-gateway', annotations },
    spec: {},
  });
  return {
    client,
    gateway,
    ask: (annotations) => client.put(resources.coreServices, service(annotations)),
    limit: (annotations) => client.put(resources.ingresses, makeIngress(annotations)),
    get: (...headers) =>
      exchangeRaw(
        gateway.publicAddress.port,
        ['GET / HTTP/1.1', `Host: ${host}`, 'Connection: close', ...headers, '', ''].join('\r\n'),
      ),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}
