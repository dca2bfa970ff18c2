import type { Secret } from '@ebb/api';
import { type Clock, messageOf } from '@ebb/base';
import type { EventRecorder } from '@ebb/kube';
import type { CompiledIngress } from '@ebb/router';
import type { CertificateStore } from '../edge/certificate-store.ts';
import { type Certificate, readCertificate } from '../edge/certificate.ts';
import type { NamedWatches } from './named-watches.ts';

export interface CertificateKeeperOptions {
  readonly certificates: CertificateStore;
  readonly secrets: Pick<NamedWatches<Secret>, 'watch'>;
  readonly events: Pick<EventRecorder, 'event'>;
  readonly clock: Clock;
}

/** Certificates that have run out are looked for so often. */
const lookMs = 3600 * 1000;

interface Kept {
  watch: Disposable;
  /** Ingresses that name it. */
  readonly owners: Set<string>;
  /** It is known what is in it, or that it is not there. */
  isKnown: boolean;
  secret?: Secret;
  certificate?: Certificate;
}

/**
 * Keeps the certificates that Ingresses name in step with their Secrets. A Secret that makes no sense leaves the last good
 * certificate in use, and is told about with an Event, as is one that has run out.
 */
export class CertificateKeeper implements Disposable {
  readonly #options: CertificateKeeperOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #named = new Map<string, readonly string[]>();
  readonly #looking: Disposable;

  constructor(options: CertificateKeeperOptions) {
    this.#options = options;
    this.#looking = options.clock.every(lookMs, () => {
      for (const kept of this.#kept.values()) this.#tellIfExpired(kept);
    });
  }

  /** Takes in what an Ingress says now; `undefined` once it is gone. */
  setIngress(key: string, ingress: Pick<CompiledIngress, 'tls' | 'createdAt'> | undefined): void {
    const entries = ingress?.tls ?? [];
    const before = this.#named.get(key) ?? [];
    if (entries.length === 0 && before.length === 0) return;
    const now = entries.map(({ secret }) => secret);
    this.#options.certificates.setEntries({ key, createdAt: ingress?.createdAt ?? '' }, entries);
    if (now.length > 0) this.#named.set(key, now);
    else this.#named.delete(key);
    for (const secret of now) this.#keep(secret, key);
    for (const secret of before) if (!now.includes(secret)) this.#drop(secret, key);
  }

  /** False as long as nothing is known yet of a Secret that an Ingress names. */
  knows(ingress: Pick<CompiledIngress, 'tls'>): boolean {
    return ingress.tls.every(({ secret }) => this.#kept.get(secret)?.isKnown === true);
  }

  [Symbol.dispose](): void {
    this.#looking[Symbol.dispose]();
    for (const { watch } of this.#kept.values()) watch[Symbol.dispose]();
  }

  #keep(key: string, owner: string): void {
    const known = this.#kept.get(key);
    if (known) return void known.owners.add(owner);
    const { secrets, certificates } = this.#options;
    const take = (secret: Secret | undefined): void => {
      kept.isKnown = true;
      if (secret) return this.#take(kept, key, secret);
      delete kept.certificate;
      certificates.setCertificate(key, undefined);
    };
    const kept: Kept = { watch: { [Symbol.dispose]: () => {} }, owners: new Set([owner]), isKnown: false };
    this.#kept.set(key, kept);
    kept.watch = secrets.watch(key, take);
  }

  #drop(key: string, owner: string): void {
    const kept = this.#kept.get(key);
    if (!kept) return;
    kept.owners.delete(owner);
    if (kept.owners.size > 0) return;
    kept.watch[Symbol.dispose]();
    this.#kept.delete(key);
    this.#options.certificates.setCertificate(key, undefined);
  }

  #take(kept: Kept, key: string, secret: Secret): void {
    try {
      const certificate = certificateIn(secret);
      this.#options.certificates.setCertificate(key, certificate);
      Object.assign(kept, { secret, certificate });
      this.#tellIfExpired(kept);
    } catch (error) {
      const rest = kept.certificate ? 'the one before stays in use' : 'its hosts have none';
      this.#options.events.event(secret, 'Warning', 'BadCertificate', `${messageOf(error)}; ${rest}`);
    }
  }

  #tellIfExpired({ secret, certificate }: Kept): void {
    const { clock, events } = this.#options;
    if (!secret || !certificate || certificate.notAfter > clock.now()) return;
    const when = new Date(certificate.notAfter).toISOString();
    events.event(secret, 'Warning', 'CertificateExpired', `the certificate was good until ${when}; clients refuse it`);
  }
}

/**
 * The certificate in a Secret of type `kubernetes.io/tls`.
 * @throws Error that says what is wrong with it.
 */
export function certificateIn({ data = {} }: Secret): Certificate {
  const { 'tls.crt': certificate, 'tls.key': key } = data;
  if (!certificate || !key) throw new Error('it has no tls.crt, or no tls.key');
  const text = (base64: string): string => Buffer.from(base64, 'base64').toString('latin1');
  return readCertificate({ certificate: text(certificate), key: text(key) });
}
