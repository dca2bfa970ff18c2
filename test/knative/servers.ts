import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '@ebb/base/testing';
import { ensureBinaries } from '../cluster/binaries.ts';
import { startCluster } from '../cluster/cluster.ts';
import { freePort } from '../cluster/free-port.ts';
import { prepare } from '../cluster/prepare.ts';

/** Ebb with a Kubernetes API, as a whole; disposing it ends both. */
export interface Server extends AsyncDisposable {
  /** File with the kubeconfig of an administrator. */
  readonly kubeconfig: string;
}

export interface ServerOptions {
  /** For what it writes. */
  readonly folder: string;
  /** Of the gateway. */
  readonly port: number;
  readonly httpsPort: number;
  /** Where Ebb finds the container engine. */
  readonly environment: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
}

const host = '127.0.0.1';
const startMs = 60_000;
const main = join(import.meta.dirname, '../../packages/cli/dist/main.js');

/** Starts `ebb dev`, whose Kubernetes API is the embedded one. */
export async function startEmbedded({ folder, port, httpsPort, environment }: ServerOptions): Promise<Server> {
  const apps = join(folder, 'apps');
  await mkdir(apps);
  const ebb = await startEbb(
    ['dev', '--runtime', 'container', '--port', String(port), '--https-port', String(httpsPort), apps],
    /kubeconfig/,
    folder,
    environment,
  );
  return { kubeconfig: join(folder, '.ebb', 'kubeconfig'), [Symbol.asyncDispose]: () => end(ebb) };
}

/** Starts a real kube-apiserver with its controllers, and `ebb run` beside them. */
export async function startOnCluster({ folder, port, httpsPort, environment, say }: ServerOptions): Promise<Server> {
  const binaries = await ensureBinaries(say);
  say('starting etcd, kube-apiserver and kube-controller-manager');
  const cluster = await startCluster(binaries);
  try {
    await prepare({ ...cluster, namespace: 'default', ours: true });
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig, { mode: 0o600 });
    const webhookPort = await freePort(host);
    const flags = {
      kubeconfig,
      'local-eci': 'container',
      domain: 'localhost',
      port,
      'https-port': httpsPort,
      'private-port': 0,
      'health-port': 0,
      'stats-port': 0,
      'kubelet-port': 0,
      'webhook-port': webhookPort,
      'webhook-url': `https://${host}:${webhookPort}`,
    };
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    const ebb = await startEbb(['run', ...args], /ebb run: ready/, folder, environment);
    return {
      kubeconfig,
      [Symbol.asyncDispose]: async () => {
        await end(ebb);
        await cluster[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts Ebb as it is built; resolves when it prints that it is `ready`. What it prints is kept in `ebb.txt`. */
async function startEbb(
  args: readonly string[],
  ready: RegExp,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(join(folder, 'ebb.txt'));
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(log, { end: false });
    stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  }
  await eventually(() => ready.test(printed) || child.exitCode !== null, {
    what: `ebb ${args[0]} to be ready`,
    timeoutMs: startMs,
  });
  if (child.exitCode !== null) throw new Error(`ebb ${args[0]} ended at its start: ${printed}`);
  child.once('exit', (code, signal) => {
    const how = `${code ?? signal}`;
    if (!child.killed)
      process.stderr.write(`ebb ${args[0]} ended by itself (${how}): what fails from here on fails of that\n`);
  });
  return child;
}

async function end(ebb: ChildProcess): Promise<void> {
  if (ebb.exitCode !== null || ebb.signalCode !== null) return;
  ebb.kill('SIGINT');
  await once(ebb, 'exit');
}
