import { type CoreService, type Secret, resources, systemNamespace } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { type EventRecorder, type KubeClient, createEventRecorder } from '@ebb/kube';
import type { CompiledIngress } from '@ebb/router';
import { CertificateStore } from '../edge/certificate-store.ts';
import { type KeyPair, type TlsSettings, readCertificate } from '../edge/certificate.ts';
import { type EdgeSettings, defaultEdgeSettings, readEdgeSettings } from '../edge/edge-settings.ts';
import { tlsPolicies } from '../edge/tls-policies.ts';
import { CertificateKeeper, certificateIn } from './certificate-keeper.ts';
import { NamedWatches } from './named-watches.ts';

export interface PublicEdgeOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** TLS is spoken, so certificates are needed. */
  readonly tls: boolean;
  /** Shown where there is no other certificate; default: that of the Secret `ebb-gateway-certificate`. */
  readonly certificate?: KeyPair | undefined;
}

const serviceKey = `${systemNamespace}/ebb-gateway`;
const certificateKey = `${systemNamespace}/ebb-gateway-certificate`;
const clientCaKey = `${systemNamespace}/ebb-gateway-client-ca`;

/**
 * What the listeners for the world go by, kept in step with Kubernetes: the annotations of the gateway's Service, the certificates
 * that Ingresses name, the default one, and the authorities of which clients must show a certificate.
 */
export class PublicEdge implements AsyncDisposable {
  readonly certificates = new CertificateStore();
  readonly #events: EventRecorder;
  readonly #logger: Logger;
  readonly #secrets: NamedWatches<Secret>;
  readonly #services: NamedWatches<CoreService>;
  readonly #keeper: CertificateKeeper | undefined;
  #settings: EdgeSettings = defaultEdgeSettings;
  #clientCa: string | undefined;
  #tls: TlsSettings = tlsOf(defaultEdgeSettings, undefined);

  /** Begins to watch at once. */
  constructor(options: PublicEdgeOptions) {
    const { client, clock, logger, tls, certificate } = options;
    this.#logger = logger;
    this.#events = createEventRecorder(client, { component: 'ebb-gateway', clock, logger });
    this.#secrets = new NamedWatches(resources.secrets, options);
    this.#services = new NamedWatches(resources.coreServices, options);
    this.#services.watch(serviceKey, (service) => this.#takeService(service));
    if (!tls) return;
    const { certificates } = this;
    this.#keeper = new CertificateKeeper({ certificates, secrets: this.#secrets, events: this.#events, clock });
    if (certificate) certificates.default = readCertificate(certificate);
    else this.#secrets.watch(certificateKey, (secret) => this.#takeDefault(secret));
    this.#secrets.watch(clientCaKey, (secret) => this.#takeClientCa(secret));
  }

  get settings(): EdgeSettings {
    return this.#settings;
  }

  get tls(): TlsSettings {
    return this.#tls;
  }

  /** Takes in what an Ingress says now; `undefined` once it is gone. */
  setIngress(key: string, ingress: CompiledIngress | undefined): void {
    this.#keeper?.setIngress(key, ingress);
  }

  /** False as long as it is not known what the Secrets hold that an Ingress names. */
  knows(ingress: CompiledIngress): boolean {
    return this.#keeper?.knows(ingress) ?? true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeper?.[Symbol.dispose]();
    await this.#secrets[Symbol.asyncDispose]();
    await this.#services[Symbol.asyncDispose]();
  }

  #takeService(service: CoreService | undefined): void {
    const { settings, faults, ignored } = readEdgeSettings(service?.metadata.annotations);
    this.#settings = settings;
    this.#tls = tlsOf(settings, this.#clientCa);
    if (!service) return;
    for (const fault of faults) this.#events.event(service, 'Warning', 'BadAnnotation', fault);
    if (ignored.length > 0) this.#logger.info({ ignored }, 'annotations of the Service that mean nothing here');
  }

  #takeDefault(secret: Secret | undefined): void {
    try {
      this.certificates.default = secret && certificateIn(secret);
    } catch (error) {
      if (secret && error instanceof Error) this.#events.event(secret, 'Warning', 'BadCertificate', error.message);
    }
  }

  #takeClientCa(secret: Secret | undefined): void {
    const encoded = secret?.data?.['ca.crt'];
    this.#clientCa = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('latin1');
    this.#tls = tlsOf(this.#settings, this.#clientCa);
  }
}

function tlsOf({ tlsPolicy, http2 }: EdgeSettings, clientCa: string | undefined): TlsSettings {
  return { policy: tlsPolicies[tlsPolicy], http2, clientCa };
}
