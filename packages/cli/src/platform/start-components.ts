import { type StatSink, autoscalerLease, statsAddressAnnotation } from '@ebb/api';
import { type Clock, type Logger, formatAddress } from '@ebb/base';
import type { Exposition } from '@ebb/base/metrics';
import type { Gateway, StatLink } from '@ebb/gateway-slb';
import { type KubeClient, createKubeClient } from '@ebb/kube';
import type { Autoscaling } from './autoscaling.ts';
import { Closers } from './closers.ts';
import type { ComponentName, ComponentsOptions, ListenAt } from './component-options.ts';
import { type Component, Components } from './components.ts';
import { listenFrom } from './ports.ts';
import { followStatsToken } from './stats-token.ts';
import { underLease } from './under-lease.ts';

/** Components at work on a cluster. */
export interface RunningComponents extends AsyncDisposable {
  /** The gateway of this process, if it has one. */
  readonly gateway: Gateway | undefined;
  /** Whether each has caught up with the cluster, and works or stands by, by name. */
  readonly states: ReadonlyMap<string, boolean>;
  /** Resolves when all have; rejects if one fails before. */
  readonly ready: Promise<void>;
  /** Tells what gateway and autoscaler count, as far as they are in this process. */
  metrics(out: Exposition): void;
  /** Rejects when a component failed for good. */
  readonly failed: Promise<never>;
}

/**
 * Starts components on any cluster, embedded or real, that has Ebb's CRDs. Resolves when each has caught up with the cluster
 * and works; what was started is stopped if one fails before.
 */
export async function startComponents(options: ComponentsOptions): Promise<RunningComponents> {
  await using stack = new Closers();
  const running = stack.use(await openComponents(options));
  await running.ready;
  stack.move();
  return running;
}

/** As `startComponents`, but resolves as soon as all listen; the cluster may come later. */
export async function openComponents(options: ComponentsOptions): Promise<RunningComponents> {
  await using stack = new Closers();
  const process = new ProcessOfComponents(options, stack);
  const gateway = await process.open();
  const { components, starting } = process;
  const ready = Promise.all(starting).then(() => {});
  ready.catch(() => {}); // whoever waits for it sees it
  const closers = stack.move();
  return {
    gateway,
    ready,
    states: components.states,
    failed: components.failed,
    metrics: (out) => {
      gateway?.metrics(out);
      process.autoscaling?.metrics(out);
    },
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

interface Common {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

const loopback = '127.0.0.1';

/** Longest that a gateway which has died holds up what becomes Ready. */
const gatewayLeaseSeconds = 10;

class ProcessOfComponents {
  readonly components: Components;
  /** Each resolves when a component has caught up. */
  readonly starting: Promise<void>[] = [];
  /** The autoscaler of this process, if it has one. */
  autoscaling: Autoscaling | undefined;
  readonly #options: ComponentsOptions;
  readonly #stack: Closers;
  readonly #clients: Closers;
  /** What gateways prove themselves with, to the autoscaler and to each other. */
  #token: (() => string | undefined) | undefined;
  /** The way of the gateway's reports, where the autoscaler may be in another process. */
  #statLink: StatLink | undefined;

  constructor(options: ComponentsOptions, stack: Closers) {
    this.#options = options;
    this.#stack = stack;
    // Closed after the components, which use them to their end.
    this.#clients = stack.use(new Closers());
    this.components = stack.use(new Components(options.logger));
  }

  /** Loads the parts wanted, and no others: each brings libraries of its own. */
  async open(): Promise<Gateway | undefined> {
    const { virtualNode, webhook, gateway, digestOf } = this.#options;
    const sendStats = await this.#openAutoscaler();
    if (this.#wants('controller')) {
      const { createControllers } = await import('@ebb/controller');
      const common = { ...this.#common('controller'), digestOf };
      this.#start(
        'controller',
        this.#led('ebb-controller', () => createControllers(common)),
      );
    }
    if (webhook && this.#wants('webhook')) {
      const { createWebhook } = await import('@ebb/controller');
      this.#start('webhook', createWebhook({ ...this.#common('webhook'), ...webhook }));
    }
    if (virtualNode && this.#wants('virtual-node')) {
      const { createVirtualNodes } = await import('@ebb/virtual-node');
      const common = { ...this.#common('virtual-node'), ...virtualNode };
      const lease = `ebb-virtual-node-${virtualNode.nodeName}`;
      this.#start(
        'virtual-node',
        this.#led(lease, () => createVirtualNodes(common)),
      );
    }
    return gateway && this.#wants('gateway') ? this.#openGateway(gateway, sendStats) : undefined;
  }

  /** Returns where the gateway of this process sends its reports. */
  async #openAutoscaler(): Promise<StatSink> {
    const { replica, logger } = this.#options;
    const common = this.#common('autoscaler');
    const autoscaling = (this.autoscaling = this.#wants('autoscaler')
      ? (await import('./autoscaling.ts')).createAutoscaling(common)
      : undefined);
    const direct: StatSink = (report) => autoscaling?.sink()?.(report);
    if (!replica) {
      if (autoscaling) this.#start('autoscaler', autoscaling.create());
      return direct;
    }
    if (!autoscaling && !this.#wants('gateway')) return direct;
    const token = followStatsToken({ ...common, create: autoscaling !== undefined });
    this.#token = token.current;
    this.#start('stats-token', token);
    if (autoscaling) {
      const { host = loopback, port } = replica.stats;
      const server = { token: token.current, record: () => autoscaling.sink(), logger: common.logger, host, port };
      const { startStatServer } = await import('@ebb/autoscaler');
      const listening = this.#stack.use(await startStatServer({ ...server, why: (query) => autoscaling.why(query) }));
      const annotations = {
        [statsAddressAnnotation]: formatAddress({ host: replica.advertise, port: listening.port }),
      };
      this.#start(
        'autoscaler',
        this.#led(autoscalerLease, () => autoscaling.create(), annotations),
      );
    }
    if (!this.#wants('gateway')) return direct;
    const { createStatLink } = await import('@ebb/gateway-slb');
    const linkLogger = logger.child({ component: 'stat-link' });
    const local = (): StatSink | undefined => autoscaling?.sink();
    const link = createStatLink({ ...common, logger: linkLogger, token: token.current, local });
    // A gateway serves, and is ready to, whether or not an autoscaler is to be found (data-path.md, section 18.3).
    this.#start('stat-link', { synced: Promise.resolve(), run: (context) => link.run(context) });
    this.#statLink = link;
    return link.send;
  }

  async #openGateway(settings: NonNullable<ComponentsOptions['gateway']>, sendStats: StatSink): Promise<Gateway> {
    const { name, public: outside, private: inside, main } = settings;
    const { replica } = this.#options;
    const common = this.#common('gateway');
    const { leaseDurationSeconds = gatewayLeaseSeconds } = replica?.timing ?? {};
    const peers = replica && {
      advertise: replica.advertise,
      leaseDurationSeconds: Math.min(leaseDurationSeconds, gatewayLeaseSeconds),
      timing: replica.timing,
      token: this.#token,
    };
    const at = ({ host = loopback }: ListenAt, port: number): { host: string; port: number } => ({ host, port });
    const { createGateway } = await import('@ebb/gateway-slb');
    const open = (port: number): Promise<Gateway> =>
      createGateway({
        ...common,
        name,
        sendStats,
        heard: this.#statLink?.heard,
        deliveries: this.#statLink?.deliveries,
        peers,
        main,
        listeners: {
          public: at(outside, port),
          private: at(inside, inside.port),
          https: settings.https && { ...settings.https, host: settings.https.host ?? loopback },
          own: main ? { public: at(outside, 0), private: at(inside, 0) } : undefined,
        },
      });
    const gateway = this.#stack.use(await listenFrom(outside, open));
    // It runs by itself, and is closed by itself.
    this.#start('gateway', { synced: gateway.ready, run: () => Promise.resolve() });
    return gateway;
  }

  #wants(name: ComponentName): boolean {
    return this.#options.components?.includes(name) ?? true;
  }

  #start(name: string, component: Component): void {
    const started = this.components.start(name, component);
    started.catch(() => {}); // seen by `ready` and `failed`
    this.starting.push(started);
  }

  /** Where there may be other replicas, one of them works at a time. */
  #led(lease: string, create: () => Component, annotations?: Record<string, string>): Component {
    const { replica, clock, logger } = this.#options;
    if (!replica) return create();
    const { identity, timing } = replica;
    const client = this.#connect('lease');
    return underLease({ client, clock, logger, name: lease, identity, timing, annotations }, create);
  }

  #common(name: string): Common {
    const { clock, logger, random } = this.#options;
    return { client: this.#connect(name), clock, logger: logger.child({ component: name }), random };
  }

  #connect(name: string): KubeClient {
    const { cluster, clock } = this.#options;
    const userAgent = `ebb-${name}`;
    const client =
      typeof cluster === 'function' ? cluster(userAgent) : createKubeClient({ ...cluster, userAgent, clock });
    return this.#clients.use(client);
  }
}
