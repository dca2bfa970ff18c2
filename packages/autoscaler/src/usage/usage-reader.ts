import { keyOf } from '@ebb/api';
import { type Clock, type Logger, linkSignals, messageOf } from '@ebb/base';
import type { KubeClient, RemoteKubeClient } from '@ebb/kube';
import { type Cluster, podsOf } from '../cluster.ts';
import { isPodReady } from '../replicas/replica.ts';
import type { RevisionScaler } from '../revision-scaler.ts';
import { parseResourceMetrics } from './resource-metrics.ts';
import { UsageMeter } from './usage-meter.ts';

export interface UsageReaderOptions {
  readonly client: KubeClient;
  readonly cluster: Pick<Cluster, 'pods'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Longest that a node may take to answer. */
const timeoutMs = 5000;

/** Reads what pods use from the nodes they run on: `/metrics/resource`, through the API server. */
export class UsageReader {
  readonly #options: UsageReaderOptions;
  readonly #meter = new UsageMeter();
  /** Nodes that could not be read, so that it is said once. */
  readonly #mute = new Set<string>();

  constructor(options: UsageReaderOptions) {
    this.#options = options;
  }

  /** Measures the pods of these revisions (`namespace/name`), and tells their scalers. Never rejects. */
  async read(scalers: ReadonlyMap<string, RevisionScaler>): Promise<void> {
    const { cluster } = this.#options;
    const pods = new Map([...scalers.keys()].map((key) => [key, podsOf(cluster, key).filter(isPodReady)]));
    const nodes = new Set([...pods.values()].flat().flatMap(({ spec }) => spec.nodeName ?? []));
    await Promise.all([...nodes].map((node) => this.#readNode(node)));
    for (const [key, scaler] of scalers) scaler.usage = this.#meter.usageOf((pods.get(key) ?? []).map(keyOf));
  }

  async #readNode(node: string): Promise<void> {
    const { client, clock, logger, signal } = this.#options;
    using link = linkSignals(signal);
    using _deadline = clock.after(timeoutMs, () => link.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      if (!isRemote(client)) throw new Error('nodes cannot be reached through the API server of this process');
      const path = `/api/v1/nodes/${encodeURIComponent(node)}/proxy/metrics/resource`;
      const chunks: Uint8Array[] = [];
      for await (const chunk of client.stream(path, { signal: link.signal, accept: 'text/plain' })) chunks.push(chunk);
      this.#meter.record(parseResourceMetrics(Buffer.concat(chunks).toString()), clock.now());
      this.#mute.delete(node);
    } catch (error) {
      if (signal.aborted || this.#mute.has(node)) return;
      this.#mute.add(node);
      logger.warn({ node, error: messageOf(error) }, 'what pods use could not be read; their scale stays');
    }
  }
}

function isRemote(client: KubeClient): client is RemoteKubeClient {
  return 'stream' in client;
}
