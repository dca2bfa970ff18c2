import {
  type ConfigMap,
  type CoreService,
  type Ingress,
  type Secret,
  type Template,
  keyOf,
  parseObservabilityConfig,
  parseTemplate,
  resources,
  systemNamespace,
} from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { type EventRecorder, type KubeClient, createEventRecorder } from '@ebb/kube';
import type { CompiledIngress, Listener } from '@ebb/router';
import { AccessLog } from '../duties/access-log.ts';
import { Duties } from '../duties/duties.ts';
import type { RateCounting } from '../duties/rate-counters.ts';
import { RateLimits, readRouteLimits } from '../duties/rate-limits.ts';
import { CertificateStore } from '../edge/certificate-store.ts';
import { type KeyPair, type TlsSettings, noAuthority, readAuthorities, readCertificate } from '../edge/certificate.ts';
import { type EdgeSettings, defaultEdgeSettings, readEdgeSettings } from '../edge/edge-settings.ts';
import { tlsPolicies } from '../edge/tls-policies.ts';
import type { RevisionSettings } from '../http/data-plane.ts';
import type { RevisionNames } from '../metrics/revision-names.ts';
import { Tracing } from '../tracing/tracing.ts';
import { CertificateKeeper, certificateIn } from './certificate-keeper.ts';
import { NamedWatches } from './named-watches.ts';

export interface PublicEdgeOptions {
  /** Of the gateway. */
  readonly name: string;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  /** Who counts requests against limits together with other processes. Default: each process counts by itself. */
  readonly counting?: RateCounting | undefined;
  /** TLS is spoken, so certificates are needed. */
  readonly tls: boolean;
  /** Shown where there is no other certificate; default: that of the Secret `ebb-gateway-certificate`. */
  readonly certificate?: KeyPair | undefined;
  /** Where clients reach https. Default 443. */
  readonly httpsPort?: number | undefined;
  /** The names of the revision with this key. */
  readonly namesOf: (revisionKey: string) => RevisionNames;
  /** Told of settings when they have come, or changed. */
  readonly onSettings?: ((settings: EdgeSettings) => void) | undefined;
}

const serviceKey = `${systemNamespace}/ebb-gateway`;
const observabilityKey = `${systemNamespace}/config-observability`;
const certificateKey = `${systemNamespace}/ebb-gateway-certificate`;
const clientCaKey = `${systemNamespace}/ebb-gateway-client-ca`;

/**
 * What the listeners for the world go by, kept in step with Kubernetes: the annotations of the gateway's Service, the certificates
 * that Ingresses name, the default one, and the authorities of which clients must show a certificate.
 */
export class PublicEdge implements AsyncDisposable {
  readonly certificates: CertificateStore = new CertificateStore();
  readonly #events: EventRecorder;
  readonly #logger: Logger;
  readonly #secrets: NamedWatches<Secret>;
  readonly #services: NamedWatches<CoreService>;
  readonly #configMaps: NamedWatches<ConfigMap>;
  readonly #options: PublicEdgeOptions;
  readonly #keeper: CertificateKeeper | undefined;
  readonly #limits: RateLimits;
  readonly #tracing: Tracing;
  #log: AccessLog | undefined;
  #duties: Duties | undefined;
  #capped = new WeakMap<RevisionSettings, RevisionSettings>();
  #settings: EdgeSettings = defaultEdgeSettings;
  #clientCa: string | undefined;
  #tls: TlsSettings = tlsOf(defaultEdgeSettings, undefined);

  /** Begins to watch at once. */
  constructor(options: PublicEdgeOptions) {
    const { name, client, clock, logger, tls, certificate } = options;
    this.#options = options;
    this.#logger = logger;
    this.#limits = new RateLimits(options);
    this.#tracing = new Tracing({ gateway: name, clock, logger, changed: () => this.#refresh() });
    this.#events = createEventRecorder(client, { component: 'ebb-gateway', clock, logger });
    this.#secrets = new NamedWatches(resources.secrets, options);
    this.#services = new NamedWatches(resources.coreServices, options);
    this.#services.watch(serviceKey, (service) => this.#takeService(service));
    this.#configMaps = new NamedWatches(resources.configMaps, options);
    this.#configMaps.watch(observabilityKey, (config) => this.#takeObservability(config));
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

  /** What else is asked of a load balancer. */
  get duties(): Duties | undefined {
    return this.#duties;
  }

  /** How requests to a revision are sent; those from the world under the limit that the load balancer has of its own. */
  capped(settings: RevisionSettings, listener: Listener): RevisionSettings {
    const { requestMs } = this.#settings;
    if (requestMs === undefined || listener === 'private') return settings;
    const known = this.#capped.get(settings);
    if (known) return known;
    const capped = { ...settings, requestMs };
    this.#capped.set(settings, capped);
    return capped;
  }

  /** Takes in an Ingress as it is now; `undefined` once it is gone, or where it is not one of ours. */
  setIngress(ingress: Ingress, compiled: CompiledIngress | undefined): void {
    const key = keyOf(ingress);
    this.#keeper?.setIngress(key, compiled);
    const { annotations } = ingress.metadata;
    try {
      this.#limits.set(key, compiled && readRouteLimits(annotations));
    } catch (error) {
      this.#events.event(ingress, 'Warning', 'BadAnnotation', messageOf(error));
    }
    this.#refresh();
  }

  /** False as long as it is not known what the Secrets hold that an Ingress names. */
  knows(ingress: CompiledIngress): boolean {
    return this.#keeper?.knows(ingress) ?? true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#keeper?.[Symbol.dispose]();
    await this.#secrets[Symbol.asyncDispose]();
    await this.#services[Symbol.asyncDispose]();
    await this.#configMaps[Symbol.asyncDispose]();
    await this.#tracing[Symbol.asyncDispose]();
  }

  #takeService(service: CoreService | undefined): void {
    const { settings, faults, ignored } = readEdgeSettings(service?.metadata.annotations);
    this.#settings = settings;
    this.#capped = new WeakMap();
    this.#tls = tlsOf(settings, this.#clientCa);
    this.#refresh();
    this.#options.onSettings?.(settings);
    if (!service) return;
    for (const fault of faults) this.#events.event(service, 'Warning', 'BadAnnotation', fault);
    if (ignored.length > 0) this.#logger.info({ ignored }, 'annotations of the Service that mean nothing here');
  }

  #takeObservability(config: ConfigMap | undefined): void {
    const { logger } = this.#options;
    try {
      const { enableRequestLog, requestLogTemplate, requestLogSampleRate, tracing } = parseObservabilityConfig(
        config?.data,
      );
      const template = enableRequestLog && config ? this.#readTemplate(config, requestLogTemplate) : undefined;
      const log = { ...this.#options, sampleRate: requestLogSampleRate, template };
      this.#log = enableRequestLog ? new AccessLog(log) : undefined;
      this.#tracing.configure(tracing);
    } catch (error) {
      // What was said before still counts; the controllers tell of it by an Event.
      logger.warn({ error: messageOf(error) }, 'config-observability is not valid');
    }
    this.#refresh();
  }

  /** A template that cannot be read is told of; lines are then as without one. */
  #readTemplate(config: ConfigMap, text: string | undefined): Template | undefined {
    try {
      return text === undefined ? undefined : parseTemplate(text);
    } catch (error) {
      this.#events.event(config, 'Warning', 'BadTemplate', `logging.request-log-template: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Without duties, no request is asked about them. */
  #refresh(): void {
    const { httpsPort = 443 } = this.#options;
    const parts = { settings: this.#settings, limits: this.#limits, log: this.#log, tracer: this.#tracing.tracer };
    this.#duties = Duties.needed(parts) ? new Duties({ ...parts, httpsPort }) : undefined;
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
    try {
      this.#clientCa =
        encoded === undefined ? undefined : readAuthorities(Buffer.from(encoded, 'base64').toString('latin1'));
    } catch (error) {
      // The authorities before stay in use; without any, nobody gets in until there are some.
      this.#clientCa ??= noAuthority;
      if (secret && error instanceof Error) this.#events.event(secret, 'Warning', 'BadCertificate', error.message);
    }
    this.#tls = tlsOf(this.#settings, this.#clientCa);
  }
}

function tlsOf({ tlsPolicy, http2 }: EdgeSettings, clientCa: string | undefined): TlsSettings {
  return { policy: tlsPolicies[tlsPolicy], http2, clientCa };
}
