import { randomBytes } from 'node:crypto';
import { isAlreadyExists, resources, statsSecret, systemNamespace } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { type KubeClient, createInformer } from '@ebb/kube';
import type { Component } from './components.ts';

export interface StatsTokenOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Makes the Secret if the cluster has none: the autoscaler's part. */
  readonly create: boolean;
}

/** What gateways prove themselves with to the autoscaler, as the cluster's Secret has it at the moment. */
export interface StatsToken extends Component {
  readonly current: () => string | undefined;
}

/** Follows the Secret `ebb-stats` in `knative-serving`. */
export function followStatsToken({ client, clock, logger, create }: StatsTokenOptions): StatsToken {
  const secrets = createInformer(client, resources.secrets, {
    namespace: systemNamespace,
    fieldSelector: `metadata.name=${statsSecret}`,
    clock,
    logger,
  });
  const current = (): string | undefined => {
    const { token } = secrets.get(systemNamespace, statsSecret)?.data ?? {};
    return token ? Buffer.from(token, 'base64').toString('utf8') : undefined;
  };
  const synced = secrets.synced.then(async () => {
    if (create && current() === undefined) await createSecret(client);
  });
  synced.catch(() => {}); // whoever starts it sees the failure
  return { current, synced, run: (context) => secrets.run(context) };
}

async function createSecret(client: KubeClient): Promise<void> {
  const metadata = { namespace: systemNamespace, name: statsSecret };
  const token = randomBytes(32).toString('hex');
  try {
    await client.create(resources.secrets, { metadata, type: 'Opaque', stringData: { token } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}
