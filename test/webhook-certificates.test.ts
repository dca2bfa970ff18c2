import { Agent, request } from 'node:https';
import {
  type AdmissionReview,
  type MutatingWebhookConfiguration,
  type Secret,
  type Service,
  resources,
  systemNamespace,
} from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { FakeClock, eventually } from '@ebb/base/testing';
import { type Webhook, type WebhookOptions, createWebhook } from '@ebb/controller';
import { type KubeClient, createKubeClient } from '@ebb/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TestApi, namespace, onCluster, openTestApi } from './api.ts';
import { freePort } from './cluster/free-port.ts';

const host = '127.0.0.1';
const dayMs = 24 * 3600 * 1000;
const secretKey = { namespace: systemNamespace, name: 'webhook-certs' };
const configurationKey = { name: 'webhook.serving.knative.dev' };

/** A webhook process, with a client of its own. */
interface Process extends AsyncDisposable {
  readonly webhook: Webhook;
}

/** Questions that go on until disposed. */
interface Asking extends AsyncDisposable {
  readonly failures: readonly unknown[];
  /** Resolves after some more. */
  more(): Promise<void>;
}

describe('the certificate of the webhook', () => {
  let api: TestApi;
  let client: KubeClient;
  let url: string;
  let processes: AsyncDisposable[];

  beforeEach(async () => {
    api = await openTestApi();
    client = createKubeClient({ kubeconfig: api.kubeconfig });
    url = `https://${host}:${await freePort(host)}`;
    processes = [];
  });
  afterEach(async () => {
    for (const each of processes.toReversed()) await each[Symbol.asyncDispose]();
    await client[Symbol.asyncDispose]();
    await api[Symbol.asyncDispose]();
  });

  const start = async (more: Partial<WebhookOptions> = {}): Promise<Process> => {
    const own = createKubeClient({ kubeconfig: api.kubeconfig, userAgent: 'ebb-webhook' });
    const stop = new AbortController();
    const webhook = createWebhook({
      client: own,
      host,
      port: Number(new URL(url).port),
      url,
      clock: systemClock,
      logger: silentLogger,
      random: Math.random,
      ...more,
    });
    const running = webhook.run({ signal: stop.signal });
    const end = async (): Promise<void> => {
      stop.abort(new DOMException('stopping', 'AbortError'));
      await running;
      await own[Symbol.asyncDispose]();
    };
    const process = { webhook, [Symbol.asyncDispose]: end };
    processes.push(process);
    await Promise.race([webhook.synced, running]);
    return process;
  };

  const configuration = (): Promise<MutatingWebhookConfiguration> =>
    client.get(resources.mutatingWebhookConfigurations, configurationKey);
  /** PEM of the authorities that API servers are told to trust. */
  const bundle = async (): Promise<string> =>
    Buffer.from((await configuration()).webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString();
  const authorities = async (): Promise<number> => (await bundle()).split('BEGIN CERTIFICATE').length - 1;
  const trusted = (): Promise<string> => eventually(async () => (await bundle()) || undefined) as Promise<string>;
  const secret = (): Promise<Secret> => client.get(resources.secrets, secretKey);
  const certificate = async (): Promise<string> => (await secret()).data?.['server-cert.pem'] ?? '';

  it('is made once for several replicas, and told to API servers', async () => {
    await start();
    const first = await certificate();
    await Promise.all([start({ port: 0 }), start({ port: 0 })]);
    expect(await certificate()).toBe(first);
    expect(await review(url, { ca: await trusted() })).toMatchObject({ response: { uid: 'u1', allowed: true } });
  });

  it('is trusted again after somebody wiped the configuration or took it away', async () => {
    await start();
    const told = await trusted();
    const { webhooks = [], ...rest } = await configuration();
    const wiped = webhooks.map((each) => ({ ...each, clientConfig: { url: each.clientConfig.url ?? '' } }));
    await client.update(resources.mutatingWebhookConfigurations, { ...rest, webhooks: wiped });
    await eventually(async () => (await bundle()) === told, { what: 'the bundle in the configuration' });
    await client.delete(resources.mutatingWebhookConfigurations, configurationKey);
    await eventually(async () => (await bundle()) === told, { what: 'the configuration' });
    expect(await review(url, { ca: told })).toMatchObject({ response: { allowed: true } });
  });

  it('is made anew, with an event, where the Secret holds rubbish', async () => {
    await client.create(resources.secrets, {
      metadata: secretKey,
      data: { 'server-cert.pem': Buffer.from('rubbish').toString('base64') },
    });
    await start();
    expect(await review(url, { ca: await trusted() })).toMatchObject({ response: { allowed: true } });
    const event = await eventually(async () =>
      (await client.list(resources.events, { namespace: systemNamespace })).items.find(
        ({ reason }) => reason === 'CertificateReplaced',
      ),
    );
    expect(event).toMatchObject({ type: 'Warning', involvedObject: { kind: 'Secret', name: 'webhook-certs' } });
    expect(event.message).toContain('ca-cert.pem is missing');

    const first = await certificate();
    await client.delete(resources.secrets, secretKey);
    await eventually(async () => (await certificate()) !== first, { what: 'a new Secret' });
    await eventually(async () => (await review(url, { ca: await bundle() })).response?.allowed, { what: 'new trust' });
  });

  it('is renewed while requests go on, old and new being trusted for a while', async () => {
    // Begun in the past, so that what is made later is good already, by the API server's own clock.
    const clock = new FakeClock(systemClock.now() - 61 * dayMs);
    await start({ clock, certificateOverlapMs: 60_000 });
    const old = await trusted();
    expect(await authorities()).toBe(1);
    const first = await certificate();
    const asking = ask(old);
    processes.push(asking);
    /** Time goes on in small steps, for it is the API server that takes its time. */
    const until = (what: string, condition: () => Promise<boolean>): Promise<unknown> =>
      eventually(async () => (await condition()) || clock.advance(2000).then(() => false), { what });

    await clock.advance(60.5 * dayMs);
    await until('two authorities', async () => (await authorities()) === 2);
    expect(await certificate()).toBe(first);
    await asking.more();
    await until('the new certificate', async () => (await certificate()) !== first);
    expect(await authorities()).toBe(2);
    await asking.more();
    await until('the end of the old authority', async () => (await authorities()) === 1);
    await asking.more();
    expect(asking.failures).toEqual([]);
    expect(await bundle()).not.toBe(old);
  });

  /** Asks without end: over a connection that stays, over new ones that trust what was told last, and by writes. */
  const ask = (ca: string): Asking => {
    let asked = 0;
    let over = false;
    const failures: unknown[] = [];
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
    const round = async (): Promise<void> => {
      await review(url, { agent });
      await review(url, { ca: await bundle() });
      if (onCluster) await client.create(resources.services, hello(asked));
    };
    const going = (async (): Promise<void> => {
      while (!over) {
        await round().catch((error: unknown) => failures.push(error));
        asked += 1;
      }
    })();
    return {
      failures,
      more: async () => {
        const before = asked;
        await eventually(() => asked > before + 2, { what: 'reviews' });
      },
      [Symbol.asyncDispose]: async () => {
        over = true;
        await going;
        agent.destroy();
      },
    };
  };

  // The embedded API asks no webhook.
  it.skipIf(!onCluster)('fails writes while no webhook is there, and heals', async () => {
    const process = await start();
    await eventually(() => client.create(resources.services, hello(0)).then(() => true));
    await process[Symbol.asyncDispose]();
    processes = [];
    await expect(client.create(resources.services, hello(1))).rejects.toThrow(
      /failed calling webhook "webhook\.serving\.knative\.dev".*connection refused/,
    );
    await client.delete(resources.services, { namespace, name: 'hello-0' });
    await start();
    const { metadata } = await eventually(() => client.create(resources.services, hello(1)));
    expect(metadata.annotations?.['serving.knative.dev/creator']).toMatch(/./);
  });
});

const hello = (index: number): Service => ({
  metadata: { namespace, name: `hello-${index}` },
  spec: { template: { spec: { containers: [{ name: 'user-container', image: 'dev.local/hello' }] } } },
});

/** Over which connection, or whom a new one trusts. */
interface Trust {
  readonly ca?: string;
  readonly agent?: Agent;
}

/** Asks as an API server does. */
function review(url: string, { ca, agent = new Agent({ ca }) }: Trust): Promise<AdmissionReview> {
  const question: AdmissionReview = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u1',
      kind: { group: 'serving.knative.dev', version: 'v1', kind: 'Service' },
      resource: { group: 'serving.knative.dev', version: 'v1', resource: 'services' },
      operation: 'CREATE',
      userInfo: { username: 'ann' },
      object: hello(0),
    },
  };
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(new URL('/defaulting', url), { method: 'POST', headers, agent }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(body) as AdmissionReview);
        else reject(new Error(`${response.statusCode}: ${body}`));
      });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(question));
  });
}
