import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type ApiServer, createApiServer } from '@ebb/apiserver';
import {
  type Admission,
  createAdmission,
  defaultServingConfig,
  resources,
  servingCrds,
  systemNamespace,
} from '@ebb/api';
import { createAutoscaler } from '@ebb/autoscaler';
import type { Clock, Logger } from '@ebb/base';
import { createControllers } from '@ebb/controller';
import { createGateway } from '@ebb/gateway-slb';
import { type KubeClient, createKubeClient } from '@ebb/kube';
import { type LocalEci, type Runtime, createLocalEci } from '@ebb/local-eci';
import { type EciAccess, createVirtualNode } from '@ebb/virtual-node';
import { Closers } from './closers.ts';
import { Components } from './components.ts';
import { configMap, followConfig } from './config.ts';
import { listenFrom } from './ports.ts';

/** Where something listens; `strict` if the port was asked for and no other will do. */
export interface ListenAt {
  readonly port: number;
  readonly strict: boolean;
}

export interface PlatformOptions {
  readonly gateway: ListenAt;
  readonly api: ListenAt;
  /** Services get hosts below it. */
  readonly domain: string;
  /** Where the cluster's state is kept; in memory if left out. */
  readonly dataDir?: string | undefined;
  /** What runs container groups; closed at the end. */
  readonly runtime: Runtime;
  /** The image by its digest, for images that this machine makes; others are run by their tag. */
  readonly digestOf?: ((image: string) => string | undefined) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** The whole of Ebb in one process: embedded API, local ECI, controllers, virtual node, gateway. */
export interface Platform extends AsyncDisposable {
  readonly gateway: { readonly host: string; readonly port: number };
  /** YAML of the kubeconfig for it. */
  readonly kubeconfig: string;
  readonly client: KubeClient;
  /** Rejects when a component failed for good. */
  readonly failed: Promise<never>;
}

const host = '127.0.0.1';
const nodeName = 'virtual-kubelet-local';
const regionId = 'local';

/** Starts everything; resolves when the gateway listens and controllers work. What was started is stopped if a later part fails. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { clock, logger, random } = options;
  const kubeletToken = randomBytes(24).toString('hex');
  await using stack = new Closers();

  let config = defaultServingConfig;
  const api = stack.use(await startApi(options, { kubeletToken, admission: createAdmission(() => config) }));
  const { eci, access } = await startEci(options);
  stack.use(eci);
  // Closed after the components, which use them to their end.
  const clients = stack.use(new Closers());
  const clientAs = (userAgent: string): KubeClient =>
    clients.use(createKubeClient({ kubeconfig: api.kubeconfig, userAgent, clock }));

  const components = stack.use(new Components(logger));
  const seedClient = clientAs('ebb');
  await components.start(
    'config',
    followConfig({ client: seedClient, clock, logger, domain: options.domain, onChange: (next) => (config = next) }),
  );

  const named = (name: string): { client: KubeClient; clock: Clock; logger: Logger; random: () => number } => ({
    client: clientAs(`ebb-${name}`),
    clock,
    logger: logger.child({ component: name }),
    random,
  });
  const autoscaler = createAutoscaler(named('autoscaler'));
  await components.start('autoscaler', autoscaler);
  await components.start('controller', createControllers({ ...named('controller'), digestOf: options.digestOf }));
  await components.start(
    'virtual-node',
    createVirtualNode({
      ...named('virtual-node'),
      eci: access,
      nodeName,
      zone: `${regionId}-a`,
      kubelet: { host, port: 0, token: kubeletToken },
    }),
  );

  const gateway = stack.use(
    await listenFrom(options.gateway, (port) =>
      createGateway({
        ...named('gateway'),
        name: 'gateway-0',
        listeners: { public: { host, port }, private: { host, port: 0 } },
        sendStats: autoscaler.record,
      }),
    ),
  );
  await announcePort(seedClient, gateway.publicAddress.port);
  const closers = stack.move();
  return {
    gateway: gateway.publicAddress,
    kubeconfig: api.kubeconfig,
    client: seedClient,
    failed: components.failed,
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

interface ApiParts {
  readonly kubeletToken: string;
  readonly admission: Admission;
}

function startApi(
  { api, dataDir, clock, logger }: PlatformOptions,
  { kubeletToken, admission }: ApiParts,
): Promise<ApiServer> {
  return listenFrom(api, (port) =>
    createApiServer({
      host,
      port,
      ...(dataDir === undefined ? {} : { dataDir: join(dataDir, 'api') }),
      crds: servingCrds(),
      admission,
      clock,
      logger: logger.child({ component: 'apiserver' }),
      kubelet: { token: kubeletToken },
    }),
  );
}

/** The local ECI, with credentials that live as long as this process. */
async function startEci({ runtime, clock, logger }: PlatformOptions): Promise<{ eci: LocalEci; access: EciAccess }> {
  const credentials = {
    accessKeyId: `local-${randomBytes(8).toString('hex')}`,
    accessKeySecret: randomBytes(24).toString('hex'),
  };
  const eci = await createLocalEci({
    host,
    regionId,
    credentials,
    runtime,
    clock,
    logger: logger.child({ component: 'local-eci' }),
  });
  return { eci, access: { endpoint: eci.endpoint, protocol: 'http', regionId, ...credentials } };
}

/** Tells the controllers which port belongs in the URLs of Services. */
async function announcePort(client: KubeClient, port: number): Promise<void> {
  const { metadata, ...desired } = configMap('config-network', { 'ebb-external-port': String(port) });
  await client.patch(
    resources.configMaps,
    { namespace: systemNamespace, name: metadata.name ?? '' },
    { type: 'apply', body: { ...desired, metadata }, force: true },
    { fieldManager: 'ebb-dev' },
  );
}
