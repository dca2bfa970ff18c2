import type { Activator } from '@ebb/activator';
import type { Clock } from '@ebb/base';
import type { Gateways } from '../gateways.ts';
import type { Permits } from '../replicas/permits.ts';
import type { PodKind, ReplicaControl, Shortage } from '../replicas/replica-control.ts';
import { chooseVictims } from '../replicas/victims.ts';
import type { Ledger } from './ledger.ts';

export interface FleetOptions {
  readonly clock: Clock;
  /** What sends requests to the pods. */
  readonly activator: Activator;
  /** What gateways have told of pods. */
  readonly gateways: Gateways;
  readonly permits: Permits;
  readonly ledger: Ledger;
  /** Time from a pod's being asked for to its being ready. */
  readonly startUpMs: () => number;
  /** Time from a pod's being ready to its failing. Default: none does. */
  readonly failsAfterMs: (() => number) | undefined;
  /** Time from a spot pod's being asked for to the word that it will be taken back. Default: none is. */
  readonly reclaimedAfterMs: (() => number) | undefined;
  /** Told of each pod that is gone with what it worked on. */
  readonly broke: (podName: string) => void;
  /** Time after which a pod is taken away though it has requests. */
  readonly timeoutMs: number;
  /** `namespace/name` of the revision. */
  readonly revision: string;
  /** Told of each pod that has become ready, or is gone. */
  readonly changed: () => void;
}

interface TwinPod {
  readonly name: string;
  readonly kind: PodKind;
  readonly createdMs: number;
  ready: boolean;
  /** When it was told to take no new requests. */
  drainingMs: number | undefined;
}

const address = { host: '127.0.0.1', port: 8080 };
/** Time from the word that a spot pod will be taken back until it is (serverless-node.md, section 2.8). */
const noticeMs = 180_000;
const serving: readonly PodKind[] = ['standard', 'spot'];

/** Pods that are nothing but times: ready a while after they were asked for, gone when their last request has ended. */
export class Fleet implements ReplicaControl {
  readonly shortage: Shortage | undefined = undefined;
  target: number | undefined;
  onDemand: number | undefined;
  reserve = 0;
  keep = 0;
  readonly #options: FleetOptions;
  readonly #pods = new Map<string, TwinPod>();
  /** Pods that stay, and those of them that are ready. */
  readonly #active = { standard: 0, spot: 0, reserve: 0 };
  readonly #ready = { standard: 0, spot: 0, reserve: 0 };
  readonly #retry = (): void => this.reconcile();
  #made = 0;
  #drainingCount = 0;
  #isClosed = false;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  get ready(): number {
    return this.#ready.standard + this.#ready.spot;
  }

  get count(): number {
    return this.#active.standard + this.#active.spot;
  }

  get reserveReady(): number {
    return this.#ready.reserve;
  }

  get isAtRest(): boolean {
    return this.target === 0 && this.#pods.size === this.reserve && this.reserveReady === this.reserve;
  }

  reconcile(): void {
    if (this.target === undefined) return;
    const wanted = Math.max(this.target, this.keep);
    this.#bringTo('reserve', this.reserve);
    const onDemand = Math.min(this.onDemand ?? wanted, wanted);
    const missing = Math.max(0, Math.min(onDemand - this.#active.standard, wanted - this.count));
    if (this.#create('standard', missing)) this.#create('spot', wanted - this.count);
    this.#shrink(serving, this.count - wanted);
  }

  deleteDrained(): void {
    if (this.#drainingCount === 0) return;
    const { clock, gateways, revision, timeoutMs } = this.#options;
    const [namespace] = revision.split('/');
    const now = clock.now();
    for (const pod of this.#pods.values()) {
      if (pod.drainingMs === undefined) continue;
      const isDrained = gateways.haveDrained(`${namespace}/${pod.name}`, now);
      if (isDrained || now - pod.drainingMs > timeoutMs) this.#delete(pod);
    }
  }

  /** The time that is looked at is over: pods that are left are billed up to now, and no further. */
  close(): void {
    const { ledger, clock } = this.#options;
    ledger.podsChanged(this.#pods.size, clock.now());
    for (const { kind, createdMs } of this.#pods.values()) ledger.bill(kind, createdMs, clock.now());
    this.#isClosed = true;
  }

  #bringTo(kind: PodKind, wanted: number): void {
    this.#create(kind, wanted - this.#active[kind]);
    this.#shrink([kind], this.#active[kind] - wanted);
  }

  /** False if not all could be made: it is tried again when there is leave. */
  #create(kind: PodKind, missing: number): boolean {
    const { permits } = this.#options;
    for (let left = missing; left > 0; left--) {
      if (!permits.take(this.#retry)) return false;
      this.#createPod(kind);
      permits.give();
    }
    return true;
  }

  #createPod(kind: PodKind): void {
    const { clock, ledger, startUpMs, reclaimedAfterMs } = this.#options;
    const name = `pod-${++this.#made}`;
    const pod: TwinPod = { name, kind, createdMs: clock.now(), ready: false, drainingMs: undefined };
    this.#pods.set(name, pod);
    this.#active[kind]++;
    ledger.podsChanged(this.#pods.size, clock.now());
    ledger.podMade(clock.now());
    clock.after(startUpMs(), () => this.#started(pod));
    if (kind === 'spot' && reclaimedAfterMs) clock.after(atLeastOne(reclaimedAfterMs()), () => this.#reclaim(pod));
  }

  #started(pod: TwinPod): void {
    if (!this.#pods.has(pod.name)) return;
    pod.ready = true;
    this.#ready[pod.kind]++;
    const { activator, revision, clock, failsAfterMs, changed } = this.#options;
    activator.setPod(revision, { name: pod.name, address, ready: true, draining: false });
    if (failsAfterMs) clock.after(atLeastOne(failsAfterMs()), () => this.#break(pod));
    changed();
  }

  /** Its provider says that it will be taken back: it takes no new request, and another is made for it. */
  #reclaim(pod: TwinPod): void {
    if (!this.#pods.has(pod.name)) return;
    if (pod.drainingMs === undefined) this.#drain(pod);
    this.#options.clock.after(noticeMs, () => this.#break(pod));
    this.#options.changed();
  }

  /** It is gone, whatever it was doing. */
  #break(pod: TwinPod): void {
    if (!this.#pods.has(pod.name)) return;
    const { activator, revision, clock, ledger, broke, changed } = this.#options;
    if (pod.drainingMs !== undefined) this.#drainingCount--;
    else {
      this.#active[pod.kind]--;
      if (pod.ready) this.#ready[pod.kind]--;
    }
    this.#remove(pod);
    ledger.podLost(clock.now());
    activator.deletePod(revision, pod.name);
    broke(pod.name);
    changed();
  }

  #shrink(kinds: readonly PodKind[], count: number): void {
    if (count <= 0) return;
    const { gateways, revision } = this.#options;
    const staying = [...this.#pods.values()].filter((pod) => pod.drainingMs === undefined && kinds.includes(pod.kind));
    const victims = chooseVictims(staying, count, ({ name, kind, ready, createdMs }) => {
      return { ready, spot: kind === 'spot', inFlight: gateways.inFlight(revision, name), created: createdMs };
    });
    for (const pod of victims) this.#drain(pod);
  }

  /** It takes no new request; one that has taken none goes at once. */
  #drain(pod: TwinPod): void {
    const { clock, activator, revision } = this.#options;
    this.#active[pod.kind]--;
    if (!pod.ready) return this.#remove(pod);
    this.#ready[pod.kind]--;
    this.#drainingCount++;
    pod.drainingMs = clock.now();
    activator.setPod(revision, { name: pod.name, address, ready: true, draining: true });
  }

  #delete(pod: TwinPod): void {
    this.#drainingCount--;
    this.#remove(pod);
    this.#options.activator.deletePod(this.#options.revision, pod.name);
    this.#options.changed();
  }

  #remove({ name, kind, createdMs }: TwinPod): void {
    const { clock, ledger } = this.#options;
    this.#pods.delete(name);
    if (this.#isClosed) return;
    ledger.podsChanged(this.#pods.size, clock.now());
    ledger.bill(kind, createdMs, clock.now());
  }
}

/** A pod that fails the moment it is there would have another one made in the same moment, without end. */
const atLeastOne = (ms: number): number => Math.max(1, ms);
