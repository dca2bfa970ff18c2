import type { Admission, CustomResourceDefinition, KubeClient } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { ServiceAccountTokens } from './auth/service-account-tokens.ts';
import { type Credentials, bearerCheck, loadCredentials } from './auth/credentials.ts';
import { makeKubeconfig } from './auth/kubeconfig.ts';
import { builtinResources } from './builtin/resources.ts';
import { startControllers } from './gc/controllers.ts';
import { adminUser } from './http/api-request.ts';
import { makeHandler } from './http/handler.ts';
import { makeUpgradeHandler } from './http/upgrade-handler.ts';
import { type HttpsServer, listenHttps } from './http/https-server.ts';
import { Kubelets } from './kubelet/kubelets.ts';
import { LogProxy } from './kubelet/log-proxy.ts';
import { metricsResources } from './kubelet/metrics.ts';
import { LocalClient } from './local/local-client.ts';
import { Turns } from './local/turns.ts';
import { OpenApi } from './openapi/openapi.ts';
import { Registry } from './registry.ts';
import type { Machine } from './rest/call.ts';
import { tryingDryRunPods } from './rest/dry-run-pod.ts';
import { skippingExcluded } from './rest/excluded-namespaces.ts';
import { installCrds } from './gc/install-crds.ts';
import { PodTemplates } from './rest/pod-templates.ts';
import { ServiceAddresses } from './rest/service-addresses.ts';
import { Snapshots } from './rest/snapshots.ts';
import { MemoryStore } from './store/memory-store.ts';
import { openLmdbStore } from './store/lmdb-store.ts';
import { Storage } from './store/storage.ts';
import type { Store } from './store/store.ts';

export interface ApiServerOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Port to listen on. Default 0: any free one. */
  readonly port?: number;
  /** Directory to keep the state in. Default: memory only. */
  readonly dataDir?: string;
  /** Installed at start, or brought up to date. */
  readonly crds: readonly CustomResourceDefinition[];
  readonly admission: Admission;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * How to ask kubelets for logs, connections and figures: the bearer token sent to `https://<node's InternalIP>:<its kubelet port>`.
   * Default: there are none to be asked, and no `metrics.k8s.io`.
   */
  readonly kubelet?: { readonly token: string };
  /** Certificates and token to use in place of new ones. Default: those of `dataDir`, or new ones. */
  readonly credentials?: Credentials;
}

/** A Kubernetes API that is being served. Disposing it ends all connections and closes the store. */
export interface ApiServer extends AsyncDisposable {
  /** `https://host:port` */
  readonly url: string;
  /** YAML for clients such as kubectl, with the CA and the token. */
  readonly kubeconfig: string;
  /** PEM text. */
  readonly caCertificate: string;
  readonly token: string;
  /** A client without sockets, for this process. What it asks for goes before what comes over sockets and begins something new. */
  connect(options: ConnectOptions): KubeClient;
}

export interface ConnectOptions {
  /** Owns the fields that the client writes, unless a call says otherwise. */
  readonly fieldManager: string;
}

/**
 * Starts the embedded Kubernetes API; resolves when it listens and its state is loaded. Rejects with `UserError` if the
 * address or the data directory cannot be used.
 */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const store = options.dataDir === undefined ? new MemoryStore() : await openLmdbStore(options.dataDir);
  try {
    return await serve(options, store);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

async function serve(options: ApiServerOptions, store: Store): Promise<ApiServer> {
  const { host = '127.0.0.1', port = 0, clock, logger } = options;
  const credentials = options.credentials ?? (await loadCredentials(store, host, clock.now()));
  const storage = new Storage(store, logger);
  const registry = new Registry([...builtinResources(), ...(options.kubelet ? metricsResources : [])]);
  const admission = skippingExcluded(
    tryingDryRunPods(options.admission, () => machine),
    () => machine,
  );
  const machine: Machine = {
    addresses: new ServiceAddresses(storage),
    templates: new PodTemplates(),
    storage,
    registry,
    admission,
    clock,
    logger,
  };
  const turns = new Turns(clock);
  const controllers = startControllers(machine, credentials.ca);
  const kubelets = new Kubelets(storage, options.kubelet?.token);
  const closeParts = async (): Promise<void> => {
    controllers[Symbol.dispose]();
    machine.addresses[Symbol.dispose]();
    await kubelets[Symbol.asyncDispose]();
  };
  try {
    installCrds(machine, options.crds);
    await storage.durable();
    const tokens = new ServiceAccountTokens(credentials.token);
    const context = {
      machine,
      kubelets,
      logs: new LogProxy(kubelets),
      tokens,
      snapshots: new Snapshots(clock),
      isAllowed: bearerCheck(credentials.token),
    };
    const handler = makeHandler({
      ...context,
      information: { registry, openApi: new OpenApi(() => registry.all()) },
      turns,
    });
    const server = await listenHttps({
      host,
      port,
      ...credentials,
      handler,
      upgradeHandler: makeUpgradeHandler(context),
    });
    const connect = ({ fieldManager }: ConnectOptions): KubeClient =>
      new LocalClient({ machine, turns, tokens, userName: adminUser, fieldManager });
    return publicFace(server, { ...credentials, connect }, async () => {
      await server[Symbol.asyncDispose]();
      await closeParts();
      await store[Symbol.asyncDispose]();
    });
  } catch (error) {
    await closeParts();
    throw error;
  }
}

function publicFace(
  { url }: HttpsServer,
  { ca, token, connect }: Credentials & Pick<ApiServer, 'connect'>,
  close: () => Promise<void>,
): ApiServer {
  let closing: Promise<void> | undefined;
  return {
    url,
    kubeconfig: makeKubeconfig(url, ca, token),
    caCertificate: ca,
    token,
    connect,
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}
