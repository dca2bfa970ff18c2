import { type Secret, isAlreadyExists, resources } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type Certificates, makeCertificates } from '@ebb/base/certificates';
import type { EventRecorder, Informer, KubeClient, ReconcileResult } from '@ebb/kube';
import { type Kept, readSecret, writeSecret } from './kept.ts';
import { planStep } from './plan.ts';

export interface KeeperOptions {
  readonly client: KubeClient;
  readonly secrets: Informer<Secret>;
  readonly namespace: string;
  readonly secretName: string;
  /** Names and addresses under which API servers call. */
  readonly hosts: readonly string[];
  readonly lifetimeMs: number;
  /** How long an authority is trusted before its certificate comes into use, and after it went out of use. */
  readonly overlapMs: number;
  readonly isTrusted: (ca: string) => boolean;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps the certificates in the Secret good. Replicas do so side by side: who is late meets a conflict and looks again. */
export class CertificateKeeper {
  readonly #options: KeeperOptions;
  #known: { readonly secret: Secret; readonly kept: Kept } | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** What the Secret keeps now, if it is there and good. */
  get kept(): Kept | undefined {
    const secret = this.#secret;
    if (!secret) return undefined;
    try {
      return this.#read(secret);
    } catch {
      return undefined; // a reconcile replaces it and tells why
    }
  }

  get #secret(): Secret | undefined {
    const { secrets, namespace, secretName } = this.#options;
    return secrets.get(namespace, secretName);
  }

  /** Takes the next step, if one is due. */
  async reconcile(signal: AbortSignal): Promise<ReconcileResult> {
    const secret = this.#secret;
    if (!secret) return this.#create(signal);
    let kept: Kept;
    try {
      kept = this.#read(secret);
    } catch (error) {
      return this.#replace(secret, messageOf(error), signal);
    }
    return this.#advance(secret, kept, signal);
  }

  async #advance(secret: Secret, kept: Kept, signal: AbortSignal): Promise<ReconcileResult> {
    const { clock, logger, overlapMs, isTrusted } = this.#options;
    const now = clock.now();
    const step = planStep(kept, { now, isTrusted });
    if (step.do === 'wait') return { requeueAfterMs: Math.min(step.untilMs - now, longestWaitMs) };
    await this.#update(writeSecret(secret, await this.#after(step.do, kept, now + overlapMs)), signal);
    logger.info({ step: step.do }, 'renewing the certificate of the webhook');
    return {};
  }

  async #after(step: 'renew' | 'switch' | 'forget', kept: Kept, laterMs: number): Promise<Kept> {
    const { current, next } = kept;
    if (step === 'renew') return { ...kept, next: { certificates: await this.#make(), fromMs: laterMs } };
    if (step === 'forget' || !next) return { current };
    return { current: next.certificates, previous: { ca: current.ca, untilMs: laterMs } };
  }

  async #create(signal: AbortSignal): Promise<ReconcileResult> {
    const { client, namespace, secretName: name } = this.#options;
    const secret = writeSecret({ metadata: { namespace, name } }, { current: await this.#make() });
    try {
      await client.create(resources.secrets, secret, { signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error; // another replica's will come by watch
    }
    return {};
  }

  /** A Secret without data is one that waits to be filled. */
  async #replace(secret: Secret, problem: string, signal: AbortSignal): Promise<ReconcileResult> {
    const { events, logger, namespace, secretName } = this.#options;
    await this.#update(writeSecret(secret, { current: await this.#make() }), signal);
    if (Object.keys(secret.data ?? {}).length === 0) return {};
    logger.warn({ secret: `${namespace}/${secretName}`, problem }, 'the certificate was not usable; made a new one');
    events.event(
      secret,
      'Warning',
      'CertificateReplaced',
      `the certificate was not usable, a new one was made: ${problem}`,
    );
    return {};
  }

  /** Conditional on the version that was read. */
  async #update(secret: Secret, signal: AbortSignal): Promise<void> {
    await this.#options.client.update(resources.secrets, secret, { signal });
  }

  /** Each version of the Secret is examined once; one that ends later is renewed and switched like any other. */
  #read(secret: Secret): Kept {
    const { hosts, clock } = this.#options;
    if (this.#known?.secret !== secret) {
      this.#known = { secret, kept: readSecret(secret, { hosts, now: clock.now() }) };
    }
    return this.#known.kept;
  }

  #make(): Promise<Certificates> {
    const { hosts, clock, lifetimeMs } = this.#options;
    return makeCertificates({ commonName: hosts[0] ?? 'webhook', hosts, now: clock.now(), lifetimeMs });
  }
}

/** Timers hold at most some 24 days. */
const longestWaitMs = 24 * 3600 * 1000;
