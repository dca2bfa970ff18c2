import { createAutoscaler } from '@ebb/autoscaler';
import type { StatSink } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { createControllers } from '@ebb/controller';
import { type Gateway, createGateway } from '@ebb/gateway-slb';
import { type KubeClient, type KubeconfigSource, createKubeClient } from '@ebb/kube';
import { type EciAccess, type KubeletOptions, createVirtualNode } from '@ebb/virtual-node';
import { Closers } from './closers.ts';
import { Components } from './components.ts';
import { listenFrom } from './ports.ts';

/** The parts of Ebb that run beside a Kubernetes API, in the order they are started. */
export const componentNames = ['autoscaler', 'controller', 'virtual-node', 'gateway'] as const;
export type ComponentName = (typeof componentNames)[number];

/** Where something listens; `strict` if the port was asked for and no other will do. */
export interface ListenAt {
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
  readonly port: number;
  readonly strict: boolean;
}

export interface GatewaySettings {
  /** Unique among the gateways of the cluster. */
  readonly name: string;
  readonly public: ListenAt;
  /** For requests from inside the cluster. */
  readonly private: ListenAt;
}

export interface VirtualNodeSettings {
  readonly eci: EciAccess;
  readonly nodeName: string;
  /** Zone whose vSwitch its pods are put in. */
  readonly zone: string;
  readonly kubelet: KubeletOptions;
}

export interface ComponentsOptions {
  /** Which cluster, as whom. */
  readonly cluster: KubeconfigSource;
  /** Which parts. Default: all. */
  readonly components?: readonly ComponentName[] | undefined;
  readonly gateway: GatewaySettings;
  readonly virtualNode: VirtualNodeSettings;
  /** The image by its digest, for images that this machine makes; others are run by their tag. */
  readonly digestOf?: ((image: string) => string | undefined) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Components at work on a cluster. */
export interface RunningComponents extends AsyncDisposable {
  /** The gateway of this process, if it has one. */
  readonly gateway: Gateway | undefined;
  /** Rejects when a component failed for good. */
  readonly failed: Promise<never>;
}

/**
 * Starts components on any cluster, embedded or real, that has Ebb's CRDs. Resolves when each has caught up with the cluster
 * and works; what was started is stopped if a later one fails.
 */
export async function startComponents(options: ComponentsOptions): Promise<RunningComponents> {
  const { cluster, clock, logger, random, virtualNode } = options;
  const wanted = new Set<ComponentName>(options.components ?? componentNames);
  await using stack = new Closers();
  // Closed after the components, which use them to their end.
  const clients = stack.use(new Closers());
  const components = stack.use(new Components(logger));
  const named = (name: string): { client: KubeClient; clock: Clock; logger: Logger; random: () => number } => ({
    client: clients.use(createKubeClient({ ...cluster, userAgent: `ebb-${name}`, clock })),
    clock,
    logger: logger.child({ component: name }),
    random,
  });

  let sendStats: StatSink = () => {};
  if (wanted.has('autoscaler')) {
    const autoscaler = createAutoscaler(named('autoscaler'));
    sendStats = autoscaler.record;
    await components.start('autoscaler', autoscaler);
  }
  if (wanted.has('controller')) {
    await components.start('controller', createControllers({ ...named('controller'), digestOf: options.digestOf }));
  }
  if (wanted.has('virtual-node')) {
    await components.start('virtual-node', createVirtualNode({ ...named('virtual-node'), ...virtualNode }));
  }
  const gateway = wanted.has('gateway')
    ? stack.use(await openGateway(options.gateway, { ...named('gateway'), sendStats }))
    : undefined;
  const closers = stack.move();
  return {
    gateway,
    failed: components.failed,
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

const loopback = '127.0.0.1';

function openGateway(
  { name, public: outside, private: inside }: GatewaySettings,
  common: Omit<Parameters<typeof createGateway>[0], 'name' | 'listeners'>,
): Promise<Gateway> {
  const at = ({ host = loopback }: ListenAt, port: number): { host: string; port: number } => ({ host, port });
  return listenFrom(outside, (port) =>
    createGateway({
      ...common,
      name,
      listeners: { public: at(outside, port), private: at(inside, inside.port) },
    }),
  );
}
