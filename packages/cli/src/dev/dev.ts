import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createLogger, lockFolder, systemClock, untilAborted } from '@ebb/base';
import { devKubeconfig } from '../client/kubeconfig.ts';
import { writePrivateFile } from '../client/private-file.ts';
import type { Io } from '../io.ts';
import { Closers } from '../platform/closers.ts';
import type { HttpsSettings } from '../platform/component-options.ts';
import { type HealthServer, startHealthServer } from '../platform/health-server.ts';
import { type Platform, startPlatform } from '../platform/platform.ts';
import { listenFrom } from '../platform/ports.ts';
import { Inside } from '../inside/inside.ts';
import { createApps } from './apps.ts';
import { openDevCertificate } from './dev-certificate.ts';
import { createDeployer } from './deployer.ts';
import { makeFolder } from './folder.ts';
import { findManifests, servicesIn } from './manifests.ts';
import { followProgress } from './progress.ts';
import { type RuntimeName, openRuntime } from './runtime.ts';
import { createScreen, startedFacts } from './screen.ts';
import { watchSources } from './sources.ts';

export interface DevOptions {
  readonly paths: readonly string[];
  /** Port of the gateway. Default 8080, or the next free one. */
  readonly port?: number;
  /** Port of the gateway for https, with the certificate in `.ebb`; one is made if there is none. Default: no https. */
  readonly httpsPort?: number;
  /** Port of the Kubernetes API. Default 6443, or the next free one. */
  readonly apiPort?: number;
  /** Port of health checks and metrics. Default 8086, or the next free one. */
  readonly healthPort?: number;
  readonly domain: string;
  readonly dataDir?: string;
  readonly namespace: string;
  readonly runtime: RuntimeName;
  readonly verbose: boolean;
  /** Gateway processes; 0 if the gateway is to run in this one. */
  readonly workers: number;
}

const defaultPort = 8080;
const defaultApiPort = 6443;
const defaultHealthPort = 8086;

/** Runs `ebb dev` until `signal` aborts; then stops everything it started. */
export async function runDev(options: DevOptions, io: Io, signal: AbortSignal): Promise<void> {
  const clock = systemClock;
  const random = (): number => Math.random();
  const screen = createScreen({ color: io.color, cwd: io.cwd });
  const kubeconfigFile = join(io.cwd, devKubeconfig);
  const logFile = join(io.cwd, '.ebb', 'ebb.log');
  await makeFolder(dirname(logFile));
  await using closers = new Closers();
  closers.use(await lockFolder(dirname(logFile), hasFolder, clock));
  if (options.dataDir !== undefined) await makeFolder(resolve(options.dataDir));
  const logger = createLogger({ level: options.verbose ? 'debug' : 'info', destination: logFile });
  const manifests = await findManifests(options.paths);
  const apps = await createApps(options.paths, await snapshotDir(options.dataDir, closers));
  const inside = new Inside({ clock, logger });
  const nameServer = (): ReturnType<typeof inside.nameServer> => inside.nameServer();
  const { runtime, hostAddress } = await openRuntime(options.runtime, { apps, clock, logger, random, nameServer });
  const privateAddress = hostAddress === undefined ? undefined : await inside.findListener(hostAddress);
  const platform = closers.use(
    await startPlatform({
      gateway: { port: options.port ?? defaultPort, strict: options.port !== undefined },
      workers:
        options.workers > 0
          ? {
              count: options.workers,
              output: (text) => appendFileSync(logFile, text),
              logLevel: options.verbose ? 'debug' : 'info',
            }
          : undefined,
      https: await httpsSettings(options, dirname(logFile), clock.now()),
      api: { port: options.apiPort ?? defaultApiPort, strict: options.apiPort !== undefined },
      domain: options.domain,
      dataDir: options.dataDir === undefined ? undefined : resolve(options.dataDir),
      runtime,
      private: privateAddress,
      // An engine knows nothing of the folders' digests.
      digestOf: options.runtime === 'process' ? apps.digestOf : undefined,
      clock,
      logger,
      random,
    }),
  );
  if (privateAddress) closers.use(await inside.open(platform.client, privateAddress.host));
  await writePrivateFile(kubeconfigFile, platform.kubeconfig);
  closers.defer(() => rm(kubeconfigFile, { force: true }));
  const health = closers.use(await openHealth(options, platform, signal));
  const { port } = platform.gateway;
  io.out(
    screen.started(
      startedFacts({
        ...options,
        port,
        usualPort: defaultPort,
        healthPort: health.port,
        kubeconfigFile,
        logFile,
        apps: apps.list(),
        services: await servicesIn(manifests),
        problem: inside.problem,
      }),
    ),
  );

  const deployer = createDeployer({
    client: platform.client,
    namespace: options.namespace,
    hashOf: apps.hashOf,
    report: (result) => io.out(screen.deployed(result)),
  });
  closers.use(
    followProgress({
      client: platform.client,
      clock,
      logger,
      say: (service, said) => io.out(screen.progress(service, said)),
    }),
  );
  await deployer.deploy(manifests);
  closers.use(watchSources({ paths: options.paths, apps, clock, screen, out: io.out, deploy: deployer.deploy }));
  await Promise.race([platform.failed, untilAborted(signal)]);
  io.out(screen.stopping());
}

/** The kubeconfig and the log are one cluster's alone. */
const hasFolder = (holder: string): string =>
  `an ebb dev runs in this folder already (${holder}); stop that one with Ctrl-C, or start this one in another folder`;

function openHealth(
  { healthPort }: DevOptions,
  { states, metrics }: Platform,
  signal: AbortSignal,
): Promise<HealthServer> {
  const at = { port: healthPort ?? defaultHealthPort, strict: healthPort !== undefined };
  const stopping = (): boolean => signal.aborted;
  return listenFrom(at, (port) => startHealthServer({ host: '127.0.0.1', port, states, metrics, stopping }));
}

async function httpsSettings(
  { httpsPort, domain, namespace }: DevOptions,
  dir: string,
  now: number,
): Promise<HttpsSettings | undefined> {
  if (httpsPort === undefined) return undefined;
  const certificate = await openDevCertificate({ dir, domain, namespace, now });
  return { port: httpsPort, certificate, externalPort: httpsPort };
}

/** Beside the cluster's state, which refers to them; without such, for this run only. */
async function snapshotDir(dataDir: string | undefined, closers: Closers): Promise<string> {
  if (dataDir !== undefined) return join(resolve(dataDir), 'images');
  const dir = await mkdtemp(join(tmpdir(), 'ebb-images-'));
  closers.defer(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
