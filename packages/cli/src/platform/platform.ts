import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type ApiServer, createApiServer } from '@ebb/apiserver';
import { type Admission, createAdmission, defaultServingConfig, servingCrds } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { type RemoteKubeClient, createKubeClient } from '@ebb/kube';
import type { Runtime } from '@ebb/local-eci';
import { type PanelAddress, announcePanel } from '../client/eci-panel.ts';
import { Closers } from './closers.ts';
import { Components } from './components.ts';
import type { HttpsSettings, ListenAt } from './component-options.ts';
import { announcePort, followConfig } from './config.ts';
import { startLocalEci } from './local-eci.ts';
import { listenFrom } from './ports.ts';
import { startComponents } from './start-components.ts';

export interface PlatformOptions {
  readonly gateway: ListenAt;
  /** Where the gateway speaks TLS; default: nowhere. */
  readonly https?: HttpsSettings | undefined;
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

/** The whole of Ebb in one process: embedded API, local ECI, controllers, virtual node, gateway. */
export interface Platform extends AsyncDisposable {
  readonly gateway: { readonly host: string; readonly port: number };
  /** YAML of the kubeconfig for it. */
  readonly kubeconfig: string;
  readonly client: RemoteKubeClient;
  /** The panel of the local ECI. */
  readonly panel: PanelAddress;
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
  const { access, panel } = stack.use(await startLocalEci({ runtime, limits, clock, logger, random }));
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
      gateway: { name: 'gateway-0', public: options.gateway, private: { port: 0, strict: true }, https: options.https },
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
  const gateway = components.gateway?.publicAddress;
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
    panel,
    failed,
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
