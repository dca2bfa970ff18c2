import { type Secret, StatusError } from '@ebb/api';
import { silentLogger } from '@ebb/base';
import { FakeClock } from '@ebb/base/testing';
import type { EventRecorder, Informer, KubeClient } from '@ebb/kube';
import { describe, expect, it } from 'vitest';
import { type WebhookConfiguration, makeWebhookConfiguration, trusts, withClientConfig } from '../configurations.ts';
import { CertificateKeeper } from './keeper.ts';
import { bundleOf } from './kept.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const purpose = 'mutating';
const address = { service: 'webhook' };
const { signal } = new AbortController();

/** A seeded sequence of numbers from 0 to below 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** A store of one Secret and one configuration, whose versions are kept, so that one may look at old ones. */
class Cluster {
  readonly secrets: Secret[] = [];
  readonly configurations: { readonly at: number; readonly configuration: WebhookConfiguration }[] = [];
  conflicts = 0;
  creations = 0;

  get secret(): Secret | undefined {
    return this.secrets.at(-1);
  }

  create(secret: Secret): Secret {
    if (this.secret) throw new StatusError('AlreadyExists', 'there already');
    this.creations++;
    return this.#store(secret);
  }

  update(secret: Secret): Secret {
    if (secret.metadata.resourceVersion !== this.secret?.metadata.resourceVersion) {
      this.conflicts++;
      throw new StatusError('Conflict', 'changed meanwhile');
    }
    return this.#store(secret);
  }

  #store(secret: Secret): Secret {
    const resourceVersion = String(this.secrets.length + 1);
    const stored = { ...secret, metadata: { ...secret.metadata, resourceVersion } };
    this.secrets.push(stored);
    return stored;
  }
}

/** A replica of the webhook, whose view of the Secret lags behind. */
class Replica {
  readonly keeper: CertificateKeeper;
  readonly #cluster: Cluster;
  #seen: Secret | undefined;

  constructor(cluster: Cluster, clock: FakeClock, isTrusted: (ca: string) => boolean) {
    this.#cluster = cluster;
    const client = {
      create: async (_: unknown, secret: Secret) => cluster.create(secret),
      update: async (_: unknown, secret: Secret) => cluster.update(secret),
    } as unknown as KubeClient;
    const secrets = { get: () => this.#seen } as unknown as Informer<Secret>;
    const events: EventRecorder = { event: () => {} };
    this.keeper = new CertificateKeeper({
      client,
      secrets,
      events,
      clock,
      isTrusted,
      logger: silentLogger,
      namespace: 'knative-serving',
      secretName: 'webhook-certs',
      hosts: ['webhook.knative-serving.svc'],
      lifetimeMs: 3 * hourMs,
      overlapMs: 10 * minuteMs,
    });
  }

  look(): void {
    this.#seen = this.#cluster.secret;
  }

  async reconcile(): Promise<void> {
    await this.keeper.reconcile(signal).catch((error: unknown) => {
      if (!(error instanceof StatusError)) throw error;
    });
  }
}

describe('replicas that keep a certificate together', () => {
  it('never show one that is not trusted or not good, though each is late to know', async () => {
    const random = randomFrom(1);
    const clock = new FakeClock();
    const cluster = new Cluster();
    const newest = (): WebhookConfiguration | undefined => cluster.configurations.at(-1)?.configuration;
    const isTrusted = (ca: string): boolean => {
      const configuration = newest();
      return configuration !== undefined && trusts(configuration, purpose, ca);
    };
    const replicas = Array.from({ length: 3 }, () => new Replica(cluster, clock, isTrusted));
    const shown = new Set<string>();
    const end = clock.now() + 5 * hourMs;
    const settled = clock.now() + 8 * minuteMs;
    for (let turn = 0; clock.now() < end; turn++) {
      for (const [index, replica] of replicas.entries()) {
        // Two turns at most behind, four minutes.
        if (random() < 0.3 || turn % 2 === index % 2) replica.look();
        if (random() < 0.7) await replica.reconcile();
        const { kept } = replica.keeper;
        if (!kept) continue;
        const made = newest() ?? makeWebhookConfiguration(purpose, address);
        const configuration = withClientConfig(made, purpose, { address, bundle: bundleOf(kept) });
        if (random() < 0.7) cluster.configurations.push({ at: clock.now(), configuration });
        if (clock.now() < settled) continue;
        // An API server acts by what it was told up to a minute ago.
        const known = cluster.configurations.findLast(({ at }) => at <= clock.now() - random() * minuteMs);
        expect(known && trusts(known.configuration, purpose, kept.current.ca)).toBe(true);
        shown.add(kept.current.certificate);
      }
      await clock.advance(2 * minuteMs * random());
    }
    expect(cluster.creations).toBe(1);
    expect(cluster.conflicts).toBeGreaterThan(0);
    expect(shown.size).toBeGreaterThanOrEqual(3);
  });
});
