import nodeCluster from 'node:cluster';
import { randomBytes } from 'node:crypto';
import { type Clock, createLogger, formatAddress, systemClock, untilAborted } from '@ebb/base';
import type { Exposition } from '@ebb/base/metrics';
import type { Gateway } from '@ebb/gateway-slb';
import { type RemoteKubeClient, createKubeClient } from '@ebb/kube';
import type { EciAccess } from '@ebb/virtual-node';
import { findCluster } from '../client/connect.ts';
import type { Io } from '../io.ts';
import { Closers } from '../platform/closers.ts';
import type { ComponentsOptions, ListenAt } from '../platform/component-options.ts';
import { announcePort, createDomain } from '../platform/config.ts';
import { type RunningComponents, openComponents } from '../platform/start-components.ts';
import { startHealthServer } from '../platform/health-server.ts';
import { type GatewayWorkers, openGatewayWorkers } from '../workers/gateway-workers.ts';
import { mainProcess } from '../workers/main-process.ts';
import { readyMessage } from '../workers/worker-process.ts';
import { type ClusterFacts, waitForCluster } from './preflight.ts';
import { readServing } from './serving.ts';
import { type RunFlags, type RunSettings, readSettings } from './settings.ts';

export interface RunOptions extends RunFlags {
  /** Folders with apps, for instances on this machine. */
  readonly paths: readonly string[];
}

/** Runs components on a cluster until `signal` aborts, or one fails for good; the gateway first answers what is under way. */
export async function runOnCluster(options: RunOptions, io: Io, signal: AbortSignal): Promise<void> {
  const settings = readSettings(options, io.env);
  const clock = systemClock;
  const random = (): number => Math.random();
  const logger = createLogger({ level: settings.logLevel });
  const { isWorker } = nodeCluster;
  const say = (text: string): void => {
    if (!isWorker) io.out(`ebb run: ${text}\n`);
  };
  const from = findCluster(options, io);
  await using closers = new Closers();
  // Last of all: the channel to the process whose worker this is would keep it alive.
  closers.defer(() => nodeCluster.worker?.disconnect());
  let running: RunningComponents | undefined;
  let workers: GatewayWorkers | undefined;
  if (!isWorker) {
    const { host, ports, components, name } = settings;
    const states = (): ReadonlyMap<string, boolean> =>
      new Map([...(running?.states ?? []), ...(workers ? [['gateway workers', workers.pool.isReady] as const] : [])]);
    const metrics = async (out: Exposition): Promise<void> => {
      running?.metrics(out);
      await workers?.metrics(out);
    };
    const options = { host, port: ports.health, states, metrics, stopping: () => signal.aborted };
    const { port } = closers.use(await startHealthServer(options));
    say(`${components.join(', ')} as ${name}; health on http://${formatAddress({ host, port })}`);
  }
  const client = closers.use(createKubeClient({ ...from, userAgent: 'ebb', clock }));
  try {
    const isKubelet = settings.components.includes('virtual-node');
    const facts = await waitForCluster({ client, clock, logger, say, isKubelet, signal });
    const { localEci } = settings;
    const parts = { dataDir: settings.dataDir, client, clock, logger, random, closers };
    const local = localEci && (await (await import('./start-local.ts')).startLocal(localEci, options.paths, parts));
    const start = {
      settings,
      cluster: from,
      facts,
      eci: local?.access ?? settings.eci,
      digestOf: local?.apps.digestOf,
      private: local?.private,
    };
    running = closers.use(await openComponents({ ...componentsOptions(start), clock, logger, random }));
    if (hasWorkers(settings)) {
      const { workers: count, name, host, advertise, ports, graceMs, logLevel } = settings;
      const { kubeconfig, context } = options;
      const { https } = settings;
      const where = {
        kubeconfig,
        context,
        host,
        advertise,
        port: ports.gateway,
        privatePort: ports.private,
        https,
      };
      const how = { graceMs, logLevel, output: io.err, clock, logger };
      workers = closers.use(await openGatewayWorkers({ count, name, ...where, ...how }));
    }
    await announce(client, settings, (workers ?? running.gateway)?.publicAddress.port);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  const { failed } = running;
  tellGateway(say, workers ?? running.gateway);
  const ready = Promise.all([running.ready, workers?.pool.ready()]).then(() => {
    say(workers ? `ready, with workers ${workers.pool.pids.join(', ')}` : 'ready');
    if (isWorker) process.send?.(readyMessage);
  });
  await Promise.race([failed, ready, untilAborted(signal)]);
  await Promise.race([failed, untilAborted(signal)]);
  say('stopping');
  await Promise.race([failed, drain(running, settings, clock)]);
  if (workers) await clock.sleep(settings.drainMs);
}

/** While the load balancers in front still send requests, and then until all are answered. */
async function drain({ gateway }: RunningComponents, { drainMs, graceMs }: RunSettings, clock: Clock): Promise<void> {
  if (!gateway) return;
  await clock.sleep(drainMs);
  await gateway.close({ graceMs });
}

interface Start {
  readonly settings: RunSettings;
  readonly cluster: ComponentsOptions['cluster'];
  readonly facts: ClusterFacts;
  readonly eci: EciAccess | undefined;
  readonly digestOf: ComponentsOptions['digestOf'];
  /** Instead of the port that was set, where containers of this machine ask. */
  readonly private: { readonly host: string; readonly port: number } | undefined;
}

function componentsOptions({
  settings,
  cluster,
  facts,
  eci,
  digestOf,
  private: inside,
}: Start): Omit<ComponentsOptions, 'clock' | 'logger' | 'random'> {
  const { name, host, advertise, ports, https, leaderElection, webhookUrl, nodeName, zone } = settings;
  const components = settings.components.filter((each) => each !== 'gateway' || !hasWorkers(settings));
  const listen = (port: number): ListenAt => ({ host, port, strict: true });
  const token = randomBytes(24).toString('hex');
  const serving = settings.kubeletServing && readServing(settings.kubeletServing);
  const kubelet = {
    host,
    advertise,
    port: ports.kubelet,
    token,
    clientCa: facts.clientCa,
    askApiServer: true,
    serving,
  };
  const identity = `${name}_${randomBytes(4).toString('hex')}`;
  return {
    cluster,
    components,
    gateway: {
      name,
      public: listen(ports.gateway),
      private: inside ? { ...inside, strict: true } : listen(ports.private),
      https: https && { host, ...https },
      main: nodeCluster.isWorker ? mainProcess() : undefined,
    },
    webhook: { host, port: ports.webhook, url: webhookUrl },
    virtualNode: eci && { eci, nodeName, zone, kubelet },
    replica: leaderElection ? { identity, timing: facts.timing, advertise, stats: listen(ports.stats) } : undefined,
    digestOf,
  };
}

/** With a domain of its own, URLs of Services lead to the gateway of this process. */
async function announce(client: RemoteKubeClient, { domain }: RunSettings, port: number | undefined): Promise<void> {
  if (domain === undefined) return;
  await createDomain(client, domain);
  if (port !== undefined) await announcePort(client, port);
}

function hasWorkers({ workers, components }: RunSettings): boolean {
  return workers > 0 && components.includes('gateway');
}

function tellGateway(
  say: (text: string) => void,
  gateway: Pick<Gateway, 'publicAddress' | 'privateAddress'> | undefined,
): void {
  if (!gateway) return;
  const { publicAddress, privateAddress } = gateway;
  const inside = privateAddress ? `, for the cluster's own requests on http://${formatAddress(privateAddress)}` : '';
  say(`gateway on http://${formatAddress(publicAddress)}${inside}`);
}
