import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { UserError, messageOf } from '@ebb/base';
import { KubeConfig } from '@kubernetes/client-node';

/** Which cluster to talk to, as whom. */
export interface KubeconfigSource {
  /** A kubeconfig as YAML text. Wins over `kubeconfigPath`. */
  readonly kubeconfig?: string | undefined;
  /**
   * A kubeconfig file. Default, as in kubectl: the files of `$KUBECONFIG`, merged, else `~/.kube/config`, else the service account
   * of the pod this process runs in.
   */
  readonly kubeconfigPath?: string | undefined;
  /** Context to use. Default: the kubeconfig's `current-context`. */
  readonly context?: string | undefined;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads a kubeconfig. Throws `UserError` if there is none, it cannot be read, or it has not got the context asked for. */
export function loadKubeconfig({ kubeconfig, kubeconfigPath, context }: KubeconfigSource): KubeConfig {
  const config = kubeconfig === undefined ? fromFiles(kubeconfigPath) : fromText(kubeconfig);
  if (context !== undefined) {
    const known = config.getContexts().map(({ name }) => name);
    if (!known.includes(context)) {
      throw new UserError(`there is no context "${context}" in the kubeconfig; it has ${known.join(', ') || 'none'}`);
    }
    config.setCurrentContext(context);
  }
  return config;
}

/** The namespace of the context in use, where it names one. Throws as `loadKubeconfig`. */
export function namespaceOf(source: KubeconfigSource): string | undefined {
  const config = loadKubeconfig(source);
  return config.getContextObject(config.getCurrentContext())?.namespace;
}

/** True where a kubeconfig or a service account is found without naming one. */
export function hasDefaultKubeconfig(env: Env = process.env): boolean {
  return Boolean(env['KUBECONFIG'] || env['KUBERNETES_SERVICE_HOST']) || existsSync(homeFile(env));
}

function fromFiles(path: string | undefined): KubeConfig {
  if (path !== undefined) return fromFile(path);
  const listed = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean);
  if (listed.length > 0) return merged(listed);
  if (existsSync(homeFile())) return fromFile(homeFile());
  if (!process.env['KUBERNETES_SERVICE_HOST']) {
    throw new UserError('no kubeconfig: name one with KUBECONFIG; outside a pod there is no service account either');
  }
  return read('the service account of this pod', (config) => config.loadFromCluster());
}

/** As kubectl does: files that are not there are passed over, and of things of one name the first counts. */
function merged(paths: readonly string[]): KubeConfig {
  const files = paths.filter((path) => existsSync(path)).map(fromFile);
  const [first, ...others] = files;
  if (!first) throw new UserError(`none of the files in KUBECONFIG is there: ${paths.join(', ')}`);
  for (const other of others) {
    first.clusters = unite(first.clusters, other.clusters);
    first.users = unite(first.users, other.users);
    first.contexts = unite(first.contexts, other.contexts);
    if (!first.getCurrentContext()) first.setCurrentContext(other.getCurrentContext());
  }
  return first;
}

function unite<T extends { readonly name: string }>(mine: readonly T[], more: readonly T[]): T[] {
  const names = new Set(mine.map(({ name }) => name));
  return [...mine, ...more.filter(({ name }) => !names.has(name))];
}

function fromFile(path: string): KubeConfig {
  return read(path, (config) => config.loadFromFile(path));
}

function fromText(text: string): KubeConfig {
  return read('the text given', (config) => config.loadFromString(text));
}

function read(where: string, load: (config: KubeConfig) => void): KubeConfig {
  const config = new KubeConfig();
  try {
    load(config);
  } catch (cause) {
    throw new UserError(`cannot read the kubeconfig from ${where}: ${messageOf(cause)}`, { cause });
  }
  return config;
}

function homeFile(env: Env = process.env): string {
  return join(env['HOME'] ?? homedir(), '.kube', 'config');
}
