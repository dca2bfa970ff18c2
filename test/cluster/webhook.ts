import { type Configuration, resources, systemNamespace } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { type KubeClient, createKubeClient } from '@ebb/kube';
import { createWebhook } from '@ebb/controller';
import { eventually } from '@ebb/base/testing';
import type { AdmissionExtent, ClusterFacts } from './facts.ts';
import { freePort } from './free-port.ts';
import { removeWebhooks } from './wipe.ts';

const host = '127.0.0.1';

/** Has the API server ask Ebb's admission webhook, which runs in this process. Resolves when it does ask. */
export async function startWebhook(
  { kubeconfig, namespace }: ClusterFacts,
  extent: AdmissionExtent,
): Promise<AsyncDisposable> {
  const client = createKubeClient({ kubeconfig, userAgent: 'ebb-webhook' });
  const stop = new AbortController();
  const port = await freePort(host);
  if (extent === 'but ConfigMaps') {
    const body = { metadata: { labels: { 'webhooks.knative.dev/exclude': 'true' } } };
    await client.patch(resources.namespaces, { name: systemNamespace }, { type: 'merge', body });
  }
  const webhook = createWebhook({
    client,
    host,
    port,
    url: `https://${host}:${port}`,
    clock: systemClock,
    logger: silentLogger,
    random: Math.random,
  });
  const running = webhook.run({ signal: stop.signal });
  await Promise.race([webhook.synced, running]);
  await eventually(() => isAsked(client, namespace, extent), { what: 'the API server to ask the webhook' });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new DOMException('stopping', 'AbortError'));
      await running;
      await removeWebhooks(client);
      await client[Symbol.asyncDispose]();
    },
  };
}

/** True once the API server has heard of every webhook configuration: defaults are set, and bad objects refused. */
async function isAsked(client: KubeClient, namespace: string, extent: AdmissionExtent): Promise<boolean> {
  const dryRun = { dryRun: true };
  const configuration = (image: string): Configuration => ({
    metadata: { namespace, name: 'is-the-webhook-asked' },
    spec: { template: { spec: { containers: [{ name: '', image }] } } },
  });
  const { spec } = await client.create(resources.configurations, configuration('dev.local/any'), dryRun);
  if (spec.template?.spec?.timeoutSeconds === undefined) return false;
  if (!(await isRefused(client.create(resources.configurations, configuration(''), dryRun)))) return false;
  if (extent === 'but ConfigMaps') return true;
  const bad = {
    metadata: { namespace: systemNamespace, name: 'config-autoscaler' },
    data: { 'stable-window': 'long' },
  };
  return isRefused(client.create(resources.configMaps, bad, dryRun));
}

async function isRefused(write: Promise<unknown>): Promise<boolean> {
  return write.then(
    () => false,
    () => true,
  );
}
