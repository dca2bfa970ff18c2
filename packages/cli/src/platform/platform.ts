import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
import type { Clock, Logger } from '@ebb/base';
import type { Exposition } from '@ebb/base/metrics';
import { type KubeClient, type RemoteKubeClient, createKubeClient } from '@ebb/kube';
import type { Runtime } from '@ebb/local-eci';
import { type LocalEciAddress, announcePanel } from '../client/eci-panel.ts';
import { writePrivateFile } from '../client/private-file.ts';
import { Closers } from './closers.ts';
import { Components } from './components.ts';
import type { ComponentsOptions, HttpsSettings, ListenAt, ReplicaSettings } from './component-options.ts';
import { announcePort, followConfig } from './config.ts';
import { startLocalEci } from './local-eci.ts';
import { type GatewayWorkers, openGatewayWorkers } from '../workers/gateway-workers.ts';
import { findPort } from '../workers/worker-pool.ts';
import { listenFrom } from './ports.ts';
import { startComponents } from './start-components.ts';

export interface PlatformOptions {
  readonly gateway: ListenAt;
  /** Where the gateway listens for requests from inside the cluster. Default: loopback, any port. */
  readonly private?: { readonly host: string; readonly port: number } | undefined;
  /** Where the gateway speaks TLS; default: nowhere. */
  readonly https?: HttpsSettings | undefined;
  /** Gateways in processes of their own, instead of one in this. */
  readonly workers?: PlatformWorkers | undefined;
  readonly api: ListenAt;
  /** Services get hosts below it. */
  readonly domain: string;
  /** Where the cluster's state is kept; in memory if left out. */
  readonly dataDir?: string | undefined;
  /** What runs container groups; closed at the end. */
  readonly runtime: Runtime;
  /** Keep to the real ECI's limits of calls, on both sides. Default false. */
  readonly eciLimits?: boolean | undefined;
  /** The image by its digest, for images that this machine makes; others are run by their tag. */
  readonly digestOf?: ((image: string) => string | undefined) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

export interface PlatformWorkers {
  readonly count: number;
  /** Gets what they log. */
  readonly output: (text: string) => void;
  readonly logLevel: 'debug' | 'info';
}

/** The whole of Ebb in one process: embedded API, local ECI, controllers, virtual node, gateway. */
export interface Platform extends AsyncDisposable {
  readonly gateway: { readonly host: string; readonly port: number };
  /** YAML of the kubeconfig for it. */
  readonly kubeconfig: string;
  readonly client: RemoteKubeClient;
  /** Another client, within this process where the API is; the caller closes it. */
  readonly connect: (fieldManager: string) => KubeClient;
  /** The panel of the local ECI. */
  readonly panel: LocalEciAddress;
  /** Whether each component has caught up, by name. */
  readonly states: () => ReadonlyMap<string, boolean>;
  /** Tells what its gateways and its autoscaler count. */
  readonly metrics: (out: Exposition) => Promise<void>;
  /** Rejects when a component failed for good. */
  readonly failed: Promise<never>;
}

const host = '127.0.0.1';

/** Starts everything; resolves when the gateway listens and controllers work. What was started is stopped if a later part fails. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { runtime, digestOf, clock, logger, random } = options;
  const kubeletToken = randomBytes(24).toString('hex');
  await using stack = new Closers();

  let config = defaultServingConfig;
  const api = stack.use(await startApi(options, { kubeletToken, admission: createAdmission(() => config) }));
  const limits = options.eciLimits ?? false;
  const dataDir = options.dataDir === undefined ? undefined : join(options.dataDir, 'eci');
  const { access, panel } = stack.use(await startLocalEci({ runtime, limits, dataDir, clock, logger, random }));
  const client = stack.use(createKubeClient({ kubeconfig: api.kubeconfig, userAgent: 'ebb', clock }));
  const following = stack.use(new Components(logger));
  await following.start(
    'config',
    followConfig({ client, clock, logger, domain: options.domain, onChange: (next) => (config = next) }),
  );
  const components = stack.use(
    await startComponents({
      // Calls of this process, but for what passes through the API to a kubelet: that has a way by HTTP alone.
      cluster: (component) =>
        Object.assign(api.connect({ fieldManager: component }), { stream: client.stream.bind(client) }),
      gateway: options.workers ? undefined : gatewayOf(options),
      replica: options.workers && (await becomeReplica(client)),
      virtualNode: {
        eci: access,
        nodeName: 'virtual-kubelet-local',
        zone: `${access.regionId}-a`,
        kubelet: { host, port: 0, token: kubeletToken },
        limited: limits,
      },
      digestOf,
      clock,
      logger,
      random,
    }),
  );
  // The embedded API has no scheduler beside it.
  const { createPlacer } = await import('@ebb/virtual-node');
  await following.start('placement', createPlacer({ client, clock, logger, random }));
  const workers = options.workers && stack.use(await startWorkers(options, options.workers, api.kubeconfig, client));
  const gateway = (workers ?? components.gateway)?.publicAddress;
  if (!gateway) throw new Error('the platform has no gateway');
  await announcePort(client, gateway.port);
  await announcePanel(client, panel);
  const failed = Promise.race([following.failed, components.failed]);
  failed.catch(() => {}); // whoever races against it sees it
  const closers = stack.move();
  return {
    gateway,
    kubeconfig: api.kubeconfig,
    client,
    connect: (fieldManager) => api.connect({ fieldManager }),
    panel,
    states: () =>
      new Map([
        ...following.states,
        ...components.states,
        ...(workers ? [['gateway workers', workers.pool.isReady] as const] : []),
      ]),
    metrics: async (out) => {
      components.metrics(out);
      await workers?.metrics(out);
    },
    failed,
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

function gatewayOf({ gateway, https, private: inside }: PlatformOptions): NonNullable<ComponentsOptions['gateway']> {
  return { ...inProcess, ...(inside ? { private: { ...inside, strict: true } } : {}), public: gateway, https };
}

const inProcess = { name: 'gateway-0', private: { port: 0, strict: true } } as const;

/** This process among its workers. Leases are of former ones: nobody else has this API. */
async function becomeReplica(client: RemoteKubeClient): Promise<ReplicaSettings> {
  const { items } = await client.list(resources.leases, { namespace: systemNamespace });
  for (const { metadata } of items) {
    await client.delete(resources.leases, { namespace: systemNamespace, name: metadata.name ?? '' });
  }
  const identity = `dev_${randomBytes(4).toString('hex')}`;
  return { identity, timing: {}, advertise: host, stats: { port: 0, strict: true } };
}

async function startWorkers(
  { gateway, https, clock, logger }: PlatformOptions,
  { count, output, logLevel }: PlatformWorkers,
  kubeconfig: string,
  client: RemoteKubeClient,
): Promise<GatewayWorkers> {
  await using stack = new Closers();
  const folder = await mkdtemp(join(tmpdir(), 'ebb-workers-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'kubeconfig');
  await writePrivateFile(file, kubeconfig);
  if (https?.certificate) await keepCertificate(client, https.certificate);
  const port = await listenFrom(gateway, (candidate) => findPort(host, candidate));
  const workers = await openGatewayWorkers({
    count,
    name: 'gateway',
    kubeconfig: file,
    host,
    advertise: host,
    port,
    privatePort: 0,
    https,
    graceMs: 5000,
    logLevel,
    output,
    clock,
    logger,
  });
  stack.use(workers);
  await workers.pool.ready();
  const closers = stack.move();
  return { ...workers, [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose]() };
}

/** Where gateways that are given none look for the certificate to show. */
async function keepCertificate(
  client: RemoteKubeClient,
  { certificate, key }: { readonly certificate: string; readonly key: string },
): Promise<void> {
  const metadata = { namespace: systemNamespace, name: 'ebb-gateway-certificate' };
  const data = { 'tls.crt': certificate, 'tls.key': key };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', stringData: data };
  await client.patch(
    resources.secrets,
    metadata,
    { type: 'apply', body: secret, force: true },
    { fieldManager: 'ebb-dev' },
  );
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
