import {
  type ConfigMap,
  type CoreService,
  type KubernetesObject,
  type Resource,
  type ServingConfig,
  defaultServingConfig,
  isAlreadyExists,
  parseServingConfig,
  resources,
  systemNamespace,
} from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type KubeClient, createInformer } from '@ebb/kube';
import type { Component } from './components.ts';

interface FollowOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly domain: string;
  readonly onChange: (config: ServingConfig) => void;
}

/** Keeps admission's view of the ConfigMaps in `knative-serving` current; makes those that a new cluster lacks. */
export function followConfig({ client, clock, logger, domain, onChange }: FollowOptions): Component {
  const maps = createInformer(client, resources.configMaps, { namespace: systemNamespace, clock, logger });
  const read = (): void => {
    try {
      onChange(
        parseServingConfig(Object.fromEntries(maps.list().map(({ metadata, data }) => [metadata.name ?? '', data]))),
      );
    } catch (error) {
      logger.warn({ error: messageOf(error) }, 'configuration refused; the last good one stays');
    }
  };
  const synced = maps.synced.then(async () => {
    read();
    await createMissing(client, domain);
  });
  return {
    synced,
    run: async ({ signal }) => {
      const subscription = maps.events.subscribe(read);
      try {
        await maps.run({ signal });
      } finally {
        subscription.unsubscribe();
      }
    },
  };
}

const labels = { 'app.kubernetes.io/name': 'knative-serving' };

/** A ConfigMap of Knative's. */
function configMap(name: string, data: Record<string, string>): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: systemNamespace, labels },
    data,
  };
}

/** Tells the controllers which port belongs in the URLs of Services. */
export async function announcePort(client: KubeClient, port: number): Promise<void> {
  const { metadata, ...desired } = configMap('config-network', { 'ebb-external-port': String(port) });
  await client.patch(
    resources.configMaps,
    { namespace: systemNamespace, name: metadata.name ?? '' },
    { type: 'apply', body: { ...desired, metadata }, force: true },
    { fieldManager: 'ebb-dev' },
  );
}

/** Makes `domain` the one below which Services get their hosts, unless the cluster has its own. */
export async function createDomain(client: KubeClient, domain: string): Promise<void> {
  await create(client, resources.configMaps, configMap('config-domain', { [domain]: '' }));
}

/** The gateway is told by its annotations what it does in a load balancer's place. */
const gatewayService: CoreService = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'ebb-gateway', namespace: systemNamespace, labels },
  spec: {
    ports: [
      { name: 'http', port: 80 },
      { name: 'https', port: 443 },
    ],
  },
};

/**
 * Makes Knative's ConfigMaps, with nothing in them, so that they can be edited as on any cluster, and that of the domain; and the Service of
 * the gateway, so that it can be annotated.
 */
async function createMissing(client: KubeClient, domain: string): Promise<void> {
  await createDomain(client, domain);
  for (const part of Object.keys(defaultServingConfig))
    await create(client, resources.configMaps, configMap(`config-${part}`, {}));
  await create(client, resources.coreServices, gatewayService);
}

async function create<T extends KubernetesObject>(client: KubeClient, resource: Resource<T>, object: T): Promise<void> {
  try {
    await client.create(resource, object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
