import { randomBytes } from 'node:crypto';
import { type Clock, createLogger, formatAddress, systemClock, untilAborted } from '@ebb/base';
import { type RemoteKubeClient, createKubeClient } from '@ebb/kube';
import type { EciAccess } from '@ebb/virtual-node';
import { findCluster } from '../client/connect.ts';
import { announcePanel } from '../client/eci-panel.ts';
import type { Io } from '../io.ts';
import { Closers } from '../platform/closers.ts';
import type { ComponentsOptions, ListenAt } from '../platform/component-options.ts';
import { announcePort, createDomain } from '../platform/config.ts';
import { type RunningComponents, openComponents } from '../platform/start-components.ts';
import { startHealthServer } from './health-server.ts';
import { type ClusterFacts, waitForCluster } from './preflight.ts';
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
  const say = (text: string): void => io.out(`ebb run: ${text}\n`);
  const cluster = findCluster(options, io);
  await using closers = new Closers();
  let running: RunningComponents | undefined;
  const health = closers.use(
    await startHealthServer({
      host: settings.host,
      port: settings.ports.health,
      states: () => running?.states ?? new Map(),
      stopping: () => signal.aborted,
    }),
  );
  const client = closers.use(createKubeClient({ ...cluster, userAgent: 'ebb', clock }));
  say(
    `${settings.components.join(', ')} as ${settings.name}; health on http://${formatAddress({ host: settings.host, port: health.port })}`,
  );
  try {
    const isKubelet = settings.components.includes('virtual-node');
    const facts = await waitForCluster({ client, clock, logger, say, isKubelet, signal });
    const { localEci } = settings;
    const parts = { clock, logger, random, closers };
    const local = localEci && (await (await import('./start-local.ts')).startLocal(localEci, options.paths, parts));
    if (local) await announcePanel(client, local.panel);
    const start = { settings, cluster, facts, eci: local?.access ?? settings.eci, digestOf: local?.apps.digestOf };
    running = closers.use(await openComponents({ ...componentsOptions(start), clock, logger, random }));
    await announce(client, settings, running);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  tellGateway(say, running);
  const { ready, failed } = running;
  await Promise.race([failed, ready.then(() => say('ready')), untilAborted(signal)]);
  await Promise.race([failed, untilAborted(signal)]);
  say('stopping');
  await Promise.race([failed, drain(running, settings, clock)]);
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
}

function componentsOptions({
  settings,
  cluster,
  facts,
  eci,
  digestOf,
}: Start): Omit<ComponentsOptions, 'clock' | 'logger' | 'random'> {
  const { components, name, host, advertise, ports, httpsPort, leaderElection, webhookUrl, nodeName, zone } = settings;
  const listen = (port: number): ListenAt => ({ host, port, strict: true });
  const token = randomBytes(24).toString('hex');
  const kubelet = { host, advertise, port: ports.kubelet, token, clientCa: facts.clientCa };
  const identity = `${name}_${randomBytes(4).toString('hex')}`;
  return {
    cluster,
    components,
    gateway: {
      name,
      public: listen(ports.gateway),
      private: listen(ports.private),
      https: httpsPort === undefined ? undefined : { host, port: httpsPort },
    },
    webhook: { host, port: ports.webhook, url: webhookUrl },
    virtualNode: eci && { eci, nodeName, zone, kubelet },
    replica: leaderElection ? { identity, timing: facts.timing, advertise, stats: listen(ports.stats) } : undefined,
    digestOf,
  };
}

/** With a domain of its own, URLs of Services lead to the gateway of this process. */
async function announce(
  client: RemoteKubeClient,
  { domain }: RunSettings,
  { gateway }: RunningComponents,
): Promise<void> {
  if (domain === undefined) return;
  await createDomain(client, domain);
  if (gateway) await announcePort(client, gateway.publicAddress.port);
}

function tellGateway(say: (text: string) => void, { gateway }: RunningComponents): void {
  if (!gateway) return;
  const { publicAddress, privateAddress } = gateway;
  const inside = privateAddress ? `, for the cluster's own requests on http://${formatAddress(privateAddress)}` : '';
  say(`gateway on http://${formatAddress(publicAddress)}${inside}`);
}
