import { type ConfigMap, StatusError, isAlreadyExists, isNotFound, resources, systemNamespace } from '@ebb/api';
import { type Clock, type Logger, UserError, messageOf } from '@ebb/base';
import { type RemoteKubeClient, type LeaseTiming, parseLeaseTiming } from '@ebb/kube';
import { getJson } from '../client/body.ts';

/** What must be known of a cluster before anything is started on it. */
export interface ClusterFacts {
  readonly timing: LeaseTiming;
  /** Authority of kube-apiserver's client certificate, by which a kubelet knows it; none where the cluster does not say. */
  readonly clientCa: string | undefined;
}

export interface PreflightOptions {
  readonly client: RemoteKubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told once, in a person's words, what is waited for. */
  readonly say: (text: string) => void;
  /** Whether this process is a kubelet, which lets kube-apiserver in by its certificate. */
  readonly isKubelet: boolean;
  readonly signal: AbortSignal;
}

const retryMs = 2000;

/**
 * Waits until the cluster answers and has what Ebb needs: its CRDs and the namespace `knative-serving`, which is made where that is
 * allowed. Rejects when aborted, or with `UserError` if the cluster does not let this process in.
 */
export async function waitForCluster(options: PreflightOptions): Promise<ClusterFacts> {
  const { client, clock, logger, say, isKubelet, signal } = options;
  let said = '';
  for (;;) {
    try {
      await requireCrds(client, signal);
      await requireNamespace(client, signal);
      const timing = await readTiming(client, logger, signal);
      return { timing, clientCa: isKubelet ? await readClientCa(client, signal) : undefined };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StatusError && [401, 403].includes(error.code)) {
        throw new UserError(`the cluster does not let this process in: ${error.message}`, { cause: error });
      }
      if (!(error instanceof StatusError) && !(error instanceof NotInstalled)) throw error;
      const text = messageOf(error);
      logger.warn({ error: text }, 'waiting for the cluster');
      if (said !== text) say(`waiting: ${text}`);
      said = text;
    }
    await clock.sleep(retryMs, { signal });
  }
}

class NotInstalled extends Error {
  override readonly name = 'NotInstalled';
}

async function requireCrds(client: RemoteKubeClient, signal: AbortSignal): Promise<void> {
  try {
    await getJson(client, '/apis/serving.knative.dev/v1', { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new NotInstalled("the cluster has not got Ebb's kinds yet: kubectl apply -f deploy/crds");
  }
}

async function requireNamespace(client: RemoteKubeClient, signal: AbortSignal): Promise<void> {
  try {
    await client.get(resources.namespaces, { name: systemNamespace }, { signal });
  } catch (error) {
    if (isForbidden(error)) return; // what may not be seen may be there all the same
    if (!isNotFound(error)) throw error;
    await client
      .create(resources.namespaces, { metadata: { name: systemNamespace } }, { signal })
      .catch(ignoreExisting);
  }
}

function ignoreExisting(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}

/** A wrong ConfigMap holds nothing up: the default timing is as good. */
async function readTiming(client: RemoteKubeClient, logger: Logger, signal: AbortSignal): Promise<LeaseTiming> {
  const map = await find(client, { namespace: systemNamespace, name: 'config-leader-election' }, signal);
  try {
    return parseLeaseTiming(map?.data);
  } catch (error) {
    logger.error({ error: messageOf(error) }, 'the timing of leases is refused; the default holds');
    return parseLeaseTiming();
  }
}

async function readClientCa(client: RemoteKubeClient, signal: AbortSignal): Promise<string | undefined> {
  const key = { namespace: 'kube-system', name: 'extension-apiserver-authentication' };
  return (await find(client, key, signal))?.data?.['client-ca-file'];
}

/** A ConfigMap that may be missing, or not this process's to read. */
async function find(
  client: RemoteKubeClient,
  key: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<ConfigMap | undefined> {
  try {
    return await client.get(resources.configMaps, key, { signal });
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return undefined;
    throw error;
  }
}

function isForbidden(error: unknown): boolean {
  return error instanceof StatusError && error.code === 403;
}
