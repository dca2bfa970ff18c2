import type { Clock, Logger } from '@ebb/base';
import type { Exposition } from '@ebb/base/metrics';
import type { ListenAddress } from '@ebb/gateway-slb';
import type { HttpsSettings } from '../platform/component-options.ts';
import { WorkerPool, findPort } from './worker-pool.ts';

export interface GatewayWorkersOptions {
  readonly count: number;
  /** Of the process whose workers they are. */
  readonly name: string;
  readonly kubeconfig: string | undefined;
  readonly context?: string | undefined;
  readonly host: string;
  /** Where other processes reach them. */
  readonly advertise: string;
  /** 0 for any. */
  readonly port: number;
  readonly privatePort: number;
  /** For TLS; default: none. */
  readonly https?: Pick<HttpsSettings, 'port' | 'externalPort'> | undefined;
  readonly graceMs: number;
  readonly logLevel: string;
  /** Gets what workers print. */
  readonly output: (text: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Gateways in processes of their own. */
export interface GatewayWorkers extends AsyncDisposable {
  readonly pool: WorkerPool;
  /** Tells what all of them have counted. */
  metrics(out: Exposition): Promise<void>;
  /** What they share. */
  readonly publicAddress: ListenAddress;
  readonly privateAddress: ListenAddress;
}

/** What a worker needs to go, beside the time its last requests are given. */
const leaveMs = 30_000;

/**
 * Starts gateways as workers: each is an `ebb run` of its own. `SIGUSR2` to this process replaces them one after the other. Rejects with
 * `UserError` if a port is taken.
 */
export async function openGatewayWorkers(options: GatewayWorkersOptions): Promise<GatewayWorkers> {
  const { count, name, kubeconfig, context, host, advertise, graceMs, logLevel, output, clock, logger } = options;
  // Found one after the other: two free ones at a time might be the same.
  const port = await findPort(host, options.port);
  const privatePort = await findPort(host, options.privatePort);
  const given = {
    '--components': 'gateway',
    '--workers': '0',
    '--kubeconfig': kubeconfig,
    '--context': context,
    '--host': host,
    '--advertise': advertise,
    '--port': String(port),
    '--private-port': String(privatePort),
    '--https-port': options.https?.port.toString(),
    '--https-external-port': options.https?.externalPort?.toString(),
    '--log-level': logLevel,
    '--drain-seconds': '0',
    '--grace-seconds': String(Math.ceil(graceMs / 1000)),
  };
  const args = Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
  const { WorkerHub } = await import('@ebb/gateway-slb');
  const hub = new WorkerHub(clock);
  const pool = new WorkerPool({
    hub,
    count,
    name,
    patienceMs: graceMs + leaveMs,
    output,
    clock,
    logger,
    argsOf: (worker) => ['run', ...args, '--name', worker],
  });
  const restart = (): void => void pool.restart();
  process.on('SIGUSR2', restart);
  return {
    pool,
    metrics: (out) => hub.metrics(out),
    publicAddress: { host, port },
    privateAddress: { host, port: privatePort },
    [Symbol.asyncDispose]: async () => {
      process.off('SIGUSR2', restart);
      await pool[Symbol.asyncDispose]();
    },
  };
}
