import type { RequestOptions } from 'node:https';
import { type Clock, UserError, messageOf } from '@ebb/base';
import type { KubeConfig } from '@kubernetes/client-node';
import { type KubeconfigSource, loadKubeconfig } from './load-kubeconfig.ts';

/** TLS material and headers of one moment; tokens and client certificates may change over time. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: Pick<
    RequestOptions,
    'ca' | 'cert' | 'key' | 'passphrase' | 'pfx' | 'rejectUnauthorized' | 'servername'
  >;
}

/** The current cluster of a kubeconfig and the way to authenticate to it. */
export interface ClusterAccess {
  readonly server: URL;
  readonly proxyUrl: string | undefined;
  /** Current credentials: asked for again (files read, plug-ins run) no more often than each ten seconds. */
  credentials(): Promise<Credentials>;
  /** Makes the next `credentials()` ask again: for when the server refused the present ones. */
  forget(): void;
}

const credentialsTtlMs = 10_000;

/** Reads a kubeconfig. Throws `UserError` if there is none, or none that names a cluster. */
export function openClusterAccess(source: KubeconfigSource, clock: Clock): ClusterAccess {
  const config = loadKubeconfig(source);
  const { server, proxyUrl } = currentCluster(config);
  let cached: { readonly at: number; readonly value: Promise<Credentials> } | undefined;
  return {
    server,
    proxyUrl,
    credentials: async () => {
      if (!cached || clock.now() - cached.at > credentialsTtlMs) {
        cached = { at: clock.now(), value: readCredentials(config) };
      }
      const { value } = cached;
      try {
        return await value;
      } catch (cause) {
        cached = undefined;
        throw new UserError(`no credentials for ${server.origin}: ${messageOf(cause)}`, { cause });
      }
    },
    forget: () => {
      cached = undefined;
    },
  };
}

/** Checks the current cluster, and smooths over two refusals of KubeConfig: plain HTTP, and a context without user. */
function currentCluster(config: KubeConfig): { server: URL; proxyUrl: string | undefined } {
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new UserError(`the kubeconfig has no cluster for context ${config.getCurrentContext()}`);
  if (!URL.canParse(cluster.server)) throw new UserError(`the kubeconfig's server is not a URL: ${cluster.server}`);
  const server = new URL(cluster.server);
  const plain = server.protocol === 'http:';
  const user = config.getCurrentUser() ?? { name: 'anonymous' };
  config.loadFromClusterAndUser(plain ? { ...cluster, skipTLSVerify: true } : cluster, user);
  return { server, proxyUrl: cluster.proxyUrl };
}

async function readCredentials(config: KubeConfig): Promise<Credentials> {
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername } = options;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = String(value);
  if (options.auth) headers['authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  return { headers, tls: definedOf({ ca, cert, key, passphrase, pfx, rejectUnauthorized, servername }) };
}

function definedOf(tls: { [K in keyof Credentials['tls']]: Credentials['tls'][K] | undefined }): Credentials['tls'] {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
}
