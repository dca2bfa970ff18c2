import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resources, systemNamespace } from '@ebb/api';
import { eventually } from '@ebb/base/testing';
import { type KubeClient, type RemoteKubeClient, createKubeClient } from '@ebb/kube';
import type { Binaries } from './binaries.ts';
import { makeClusterCredentials, makeKubeconfig } from './credentials.ts';
import { freePort } from './free-port.ts';
import { installKinds } from './prepare.ts';

/** A kube-apiserver with its etcd and kube-controller-manager, on loopback. Disposing it ends them and removes their files. */
export interface Cluster extends AsyncDisposable {
  /** Of a cluster administrator. */
  readonly kubeconfig: string;
  /** PEM text of the authority whose client certificates kubelets have to accept. */
  readonly kubeletClientCa: string;
  /** File in which the API server writes down, a line of JSON each, what Ebb's service accounts asked of it. */
  readonly auditLog: string;
}

const host = '127.0.0.1';
/** Compiled in a moment ago and on a busy machine, kube-apiserver takes its time. */
const startMs = 90_000;

/** What is written down: who of Ebb's service accounts asked for what, and whether it was allowed. */
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', userGroups: [`system:serviceaccounts:${systemNamespace}`] }, { level: 'None' }],
};

/** Starts a cluster that knows Ebb's kinds; resolves when it takes writes and its controllers work. */
export async function startCluster(binaries: Binaries): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-cluster-'));
  const keeper = new Keeper(folder);
  try {
    const { ca, kubeletClientCa, token, files } = await makeClusterCredentials(folder, host);
    const [etcdPort, port] = [await freePort(host), await freePort(host)];
    const etcd = `http://${host}:${etcdPort}`;
    keeper.start('etcd', binaries.etcd, {
      'data-dir': join(folder, 'etcd'),
      'listen-client-urls': etcd,
      'advertise-client-urls': etcd,
      'listen-peer-urls': `http://${host}:0`,
      'unsafe-no-fsync': 'true',
      'log-level': 'warn',
    });
    const server = `https://${host}:${port}`;
    const auditLog = join(folder, 'audit.log');
    const issuer = 'https://kubernetes.default.svc.cluster.local';
    keeper.start('kube-apiserver', binaries.apiServer, {
      'etcd-servers': etcd,
      'bind-address': host,
      'advertise-address': host,
      'secure-port': String(port),
      'cert-dir': folder,
      'tls-cert-file': files.certificate,
      'tls-private-key-file': files.key,
      'token-auth-file': files.tokens,
      'authorization-mode': 'RBAC',
      'service-account-issuer': issuer,
      'service-account-key-file': files.serviceAccountPublicKey,
      'service-account-signing-key-file': files.serviceAccountKey,
      'client-ca-file': files.clientCa,
      'kubelet-client-certificate': files.kubeletCertificate,
      'kubelet-client-key': files.kubeletKey,
      'kubelet-preferred-address-types': 'InternalIP',
      'service-cluster-ip-range': '10.96.0.0/16',
      // The address of the Service `kubernetes` may not be one of loopback; nobody here goes by it.
      'endpoint-reconciler-type': 'none',
      'allow-privileged': 'true',
      'delete-collection-workers': '32',
      'audit-policy-file': await keeper.write('audit-policy.json', JSON.stringify(auditPolicy)),
      'audit-log-path': auditLog,
      'audit-log-mode': 'blocking',
    });
    const kubeconfig = makeKubeconfig({ server, ca, token });
    await using client = createKubeClient({ kubeconfig });
    await keeper.until('kube-apiserver', () => isReady(client));
    // Before its controllers: the garbage collector learns at its start of the kinds there are, and of later ones late.
    await installKinds(client);
    const kubeconfigFile = await keeper.write('controller-manager.kubeconfig', kubeconfig);
    keeper.start('kube-controller-manager', binaries.controllerManager, {
      kubeconfig: kubeconfigFile,
      'bind-address': host,
      'secure-port': '0',
      'leader-elect': 'false',
      'root-ca-file': files.ca,
      // What it signs, nobody checks to the root.
      'cluster-signing-cert-file': files.certificate,
      'cluster-signing-key-file': files.key,
      'service-account-private-key-file': files.serviceAccountKey,
      // Its own caution is for clusters of thousands; stories wait for it.
      'kube-api-qps': '500',
      'kube-api-burst': '1000',
      'horizontal-pod-autoscaler-sync-period': '1s',
    });
    await keeper.until('kube-controller-manager', () => hasServiceAccount(client));
    return { kubeconfig, kubeletClientCa, auditLog, [Symbol.asyncDispose]: () => keeper.end() };
  } catch (error) {
    await keeper.end();
    throw error;
  }
}

async function isReady(client: RemoteKubeClient): Promise<boolean> {
  for await (const chunk of client.stream('/readyz')) if (Buffer.from(chunk).toString().startsWith('ok')) return true;
  return false;
}

/** What the controller manager makes in every namespace; pods are refused before. */
async function hasServiceAccount(client: KubeClient): Promise<boolean> {
  await client.get(resources.configMaps, { namespace: 'default', name: 'kube-root-ca.crt' });
  await client.get(resources.serviceAccounts, { namespace: 'default', name: 'default' });
  return true;
}

/** The process that keeps the cluster's processes, see `keeper.mjs`. */
class Keeper {
  readonly #folder: string;
  readonly #process: ChildProcess;
  readonly #ended = new Map<string, string>();

  constructor(folder: string) {
    this.#folder = folder;
    // In a group of its own: Ctrl-C goes to whoever started this, who then ends it in order.
    this.#process = fork(join(import.meta.dirname, 'keeper.mjs'), [folder], { detached: true, execArgv: [] });
    this.#process.on('message', ({ name, ended }: { name: string; ended: string }) => this.#ended.set(name, ended));
  }

  start(name: string, command: string, flags: Readonly<Record<string, string>>): void {
    const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    this.#process.send({ name, command, args });
  }

  /** Waits for `condition`; if that does not come about, or the process ends, tells the last lines of its log. */
  async until(name: string, condition: () => Promise<boolean>): Promise<void> {
    const check = async (): Promise<boolean> => this.#ended.has(name) || condition();
    try {
      await eventually(check, { what: `${name} to be ready`, timeoutMs: startMs });
      if (this.#ended.has(name)) throw new Error(`${name} ended at its start: ${this.#ended.get(name)}`);
    } catch (cause) {
      const log = await readFile(join(this.#folder, `${name}.log`), 'utf8').catch(() => '');
      throw new Error(`${name} does not work; its log ends with\n${log.split('\n').slice(-20).join('\n')}`, { cause });
    }
  }

  async write(name: string, text: string): Promise<string> {
    const path = join(this.#folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  /** Ends all it keeps, and it with them. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    await exited;
  }
}
