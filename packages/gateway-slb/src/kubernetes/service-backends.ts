import type { Activator, PodState } from '@ebb/activator';
import { type CoreService, type EndpointSlice, keyOf, resources } from '@ebb/api';
import type { Clock, Logger } from '@ebb/base';
import { type Informer, type KubeClient, createInformer } from '@ebb/kube';
import type { CompiledIngress, ServiceTarget } from '@ebb/router';
import type { RevisionSettings } from '../http/data-plane.ts';
import type { RequestMetrics } from '../metrics/request-metrics.ts';

export interface ServiceBackendsOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly activator: Pick<Activator, 'setRevision' | 'deleteRevision' | 'setPod' | 'deletePod'>;
  /** Where requests look up how their target is to be treated, by its key. */
  readonly settings: Map<string, RevisionSettings>;
  readonly metrics: Pick<RequestMetrics, 'forget'>;
}

/** A port that some Ingress sends requests to. */
interface Backend {
  readonly target: ServiceTarget;
  /** Keys of the Ingresses that do. */
  readonly users: Set<string>;
  /** Pods the activator was told of. */
  pods: ReadonlySet<string>;
  isKnown: boolean;
}

/** Time a request waits for an endpoint, which may be on its way. A plain Service starts none. */
const waitMs = 10_000;
const serviceNameLabel = 'kubernetes.io/service-name';
const bySlice = 'service';

/**
 * Plain Services as targets of Ingresses, by the addresses in their EndpointSlices. The gateway itself puts no limit on the time
 * or the number of their requests. Nothing is watched before an Ingress names one.
 */
export class ServiceBackends implements AsyncDisposable {
  readonly #options: ServiceBackendsOptions;
  readonly #backends = new Map<string, Backend>();
  /** By `namespace/name` of the Service: the keys of its ports that are wanted. */
  readonly #byService = new Map<string, Set<string>>();
  readonly #byIngress = new Map<string, readonly string[]>();
  readonly #services: Informer<CoreService>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #stop = new AbortController();
  #watching: Promise<unknown> | undefined;

  constructor(options: ServiceBackendsOptions) {
    const { client, clock, logger, random } = options;
    this.#options = options;
    this.#services = createInformer(client, resources.coreServices, { clock, logger, random });
    const indexers = { [bySlice]: (slice: EndpointSlice) => [serviceOf(slice)] };
    this.#slices = createInformer(client, resources.endpointSlices, { clock, logger, random, indexers });
    this.#services.events.subscribe(({ object }) => this.#refreshAll(keyOf(object)));
    this.#slices.events.subscribe(({ object }) => this.#refreshAll(serviceOf(object)));
  }

  /** Takes in what an Ingress says now; `undefined` once it is gone. */
  setIngress(key: string, ingress: CompiledIngress | undefined): void {
    const before = this.#byIngress.get(key) ?? [];
    const targets = ingress?.services ?? [];
    if (targets.length > 0) this.#byIngress.set(key, [...new Set(targets.map((target) => target.key))]);
    else this.#byIngress.delete(key);
    for (const target of targets) this.#add(target, key);
    const kept = new Set(this.#byIngress.get(key));
    for (const each of before) if (!kept.has(each)) this.#drop(each, key);
    if (targets.length > 0) this.#watching ??= this.#watch();
  }

  /** False as long as a Service that an Ingress names was not found, or does not have that port. */
  knows(ingress: CompiledIngress): boolean {
    return ingress.services.every(({ key }) => this.#backends.get(key)?.isKnown === true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  #watch(): Promise<unknown> {
    const { signal } = this.#stop;
    return Promise.all([this.#services.run({ signal }), this.#slices.run({ signal })]);
  }

  #add(target: ServiceTarget, ingressKey: string): void {
    const known = this.#backends.get(target.key);
    if (known) return void known.users.add(ingressKey);
    this.#backends.set(target.key, { target, users: new Set([ingressKey]), pods: new Set(), isKnown: false });
    const service = `${target.namespace}/${target.name}`;
    this.#byService.set(service, (this.#byService.get(service) ?? new Set()).add(target.key));
    this.#refresh(target.key);
  }

  #drop(key: string, ingressKey: string): void {
    const backend = this.#backends.get(key);
    if (!backend?.users.delete(ingressKey) || backend.users.size > 0) return;
    this.#backends.delete(key);
    const service = `${backend.target.namespace}/${backend.target.name}`;
    const ports = this.#byService.get(service);
    if (ports?.delete(key) && ports.size === 0) this.#byService.delete(service);
    this.#options.settings.delete(key);
    this.#options.activator.deleteRevision(key);
    this.#options.metrics.forget(key);
  }

  #refreshAll(service: string): void {
    for (const key of this.#byService.get(service) ?? []) this.#refresh(key);
  }

  /** Tells the activator what there is now of a port. */
  #refresh(key: string): void {
    const backend = this.#backends.get(key);
    if (!backend) return;
    const { activator, settings } = this.#options;
    const { namespace, name, port } = backend.target;
    const ports = this.#services.get(namespace, name)?.spec?.ports ?? [];
    const found = ports.find((each) => each.port === Number(port) || each.name === port);
    backend.isKnown = found !== undefined;
    settings.set(key, { ...unlimited, protocol: found && speaksHttp2(found) ? 'h2c' : 'http1' });
    activator.setRevision(key, { containerConcurrency: 0, readiness });
    const slices = found ? this.#slices.byIndex(bySlice, `${namespace}/${name}`) : [];
    const pods = slices.flatMap((slice) => podsOf(slice, found?.name ?? ''));
    for (const pod of pods) activator.setPod(key, pod);
    const present = new Set(pods.map((pod) => pod.name));
    for (const pod of backend.pods) if (!present.has(pod)) activator.deletePod(key, pod);
    backend.pods = present;
  }
}

const unlimited = { totalMs: Infinity, responseStartMs: undefined, idleMs: undefined, waitMs } as const;

/** Only Kubernetes knows: a plain Service says nothing of how its pods are to be probed. */
const readiness = { kind: 'pod', timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 } as const;

/** `namespace/name` of the Service a slice belongs to. */
function serviceOf({ metadata }: EndpointSlice): string {
  return `${metadata.namespace}/${metadata.labels?.[serviceNameLabel] ?? ''}`;
}

/** By the name of the port, as Knative has it, or by its protocol (data-path.md, section 1.2). */
function speaksHttp2({ name = '', appProtocol }: { readonly name?: string; readonly appProtocol?: string }): boolean {
  return appProtocol === 'kubernetes.io/h2c' || /^(?:http2|h2c|grpc)(?:-|$)/.test(name);
}

function podsOf({ addressType, endpoints, ports = [] }: EndpointSlice, portName: string): PodState[] {
  const port = ports.find(({ name = '' }) => name === portName)?.port;
  if (port === undefined || addressType === 'FQDN') return [];
  return endpoints.flatMap(({ addresses: [host], conditions, targetRef }) =>
    host === undefined
      ? []
      : [
          {
            name: targetRef?.name ?? host,
            address: { host, port },
            ready: conditions?.ready !== false,
            draining: conditions?.terminating === true,
          },
        ],
  );
}
