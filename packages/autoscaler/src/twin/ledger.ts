import type { PodKind } from '../replicas/replica-control.ts';

/** Seconds that pods of each kind were there. */
export type InstanceSeconds = Readonly<Record<PodKind, number>>;

/** What went on in one of the equal parts of the time that is looked at. */
export interface Bin {
  /** Its beginning, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Requests that came. */
  arrivals: number;
  /** The most pods there were at a time, starting and draining ones included. */
  pods: number;
  /** The most requests that waited at a time. */
  waiting: number;
}

/** How the requests of the time that is looked at ended; their sum is the number of requests. */
export interface Endings {
  served: number;
  /** Not answered within `timeoutSeconds`. */
  timedOut: number;
  /** Told to come again: too many waited. */
  refused: number;
  /** Broken off, because the pod that worked on them was gone. */
  failed: number;
}

/** More parts than a picture has room for. */
const mostBins = 1500;

/** Keeps account of a simulation, of the time from `fromMs` to `untilMs` (milliseconds since the epoch) only. */
export class Ledger {
  readonly bins: readonly Bin[];
  readonly endings: Endings = { served: 0, timedOut: 0, refused: 0, failed: 0 };
  /** Milliseconds from arrival to being given to a pod, of requests that were. */
  readonly waits: Float64Array;
  /** Milliseconds from arrival to the answer, of requests that were served. */
  readonly latencies: Float64Array;
  peakPods = 0;
  podsMade = 0;
  /** Pods that failed, or that their provider took back. */
  podsLost = 0;
  /** Times that requests began to wait while no pod was ready. */
  coldStarts = 0;
  requests = 0;
  granted = 0;
  /** Requests that were not given to a pod at once. */
  waited = 0;
  readonly #fromMs: number;
  readonly #untilMs: number;
  readonly #binMs: number;
  readonly #billed = { standard: 0, spot: 0, reserve: 0 };
  #pods = 0;
  #podsSinceMs: number;
  #podMs = 0;

  /** @param mostRequests More than will ever come. */
  constructor(fromMs: number, untilMs: number, mostRequests: number) {
    this.#fromMs = fromMs;
    this.#untilMs = untilMs;
    this.#podsSinceMs = fromMs;
    this.#binMs = Math.max(1, Math.ceil((untilMs - fromMs) / mostBins / 1000)) * 1000;
    const count = Math.max(1, Math.ceil((untilMs - fromMs) / this.#binMs));
    this.bins = Array.from({ length: count }, (_, index) => {
      return { atMs: fromMs + index * this.#binMs, arrivals: 0, pods: 0, waiting: 0 };
    });
    this.waits = new Float64Array(mostRequests);
    this.latencies = new Float64Array(mostRequests);
  }

  /** True if what happens then is looked at. */
  covers(atMs: number): boolean {
    return atMs >= this.#fromMs && atMs < this.#untilMs;
  }

  arrived(atMs: number): void {
    this.requests++;
    const bin = this.#binAt(atMs);
    if (bin) bin.arrivals++;
  }

  /** A request that came in that time was given to a pod. */
  wasGranted(waitMs: number, isDelayed: boolean): void {
    this.waits[this.granted++] = waitMs;
    if (isDelayed) this.waited++;
  }

  wasServed(latencyMs: number): void {
    this.latencies[this.endings.served++] = latencyMs;
  }

  podMade(atMs: number): void {
    if (this.covers(atMs)) this.podsMade++;
  }

  podLost(atMs: number): void {
    if (this.covers(atMs)) this.podsLost++;
  }

  /** From now on there are that many pods. */
  podsChanged(pods: number, atMs: number): void {
    this.#podMs += this.#pods * this.#within(this.#podsSinceMs, atMs);
    this.#podsSinceMs = atMs;
    this.#pods = pods;
    if (this.covers(atMs)) this.look(atMs, 0);
  }

  /** What is there at that moment. */
  look(atMs: number, waiting: number): void {
    this.peakPods = Math.max(this.peakPods, this.#pods);
    const bin = this.#binAt(atMs);
    if (!bin) return;
    bin.pods = Math.max(bin.pods, this.#pods);
    bin.waiting = Math.max(bin.waiting, waiting);
  }

  /** A pod was there from when it was asked for until it was gone. */
  bill(kind: PodKind, fromMs: number, untilMs: number): void {
    this.#billed[kind] += this.#within(fromMs, untilMs) / 1000;
  }

  get instanceSeconds(): InstanceSeconds {
    return this.#billed;
  }

  /** Pods there were on average. */
  get meanPods(): number {
    return this.#podMs / Math.max(1, this.#untilMs - this.#fromMs);
  }

  /** Milliseconds of a span that are looked at. */
  #within(fromMs: number, untilMs: number): number {
    return Math.max(0, Math.min(untilMs, this.#untilMs) - Math.max(fromMs, this.#fromMs));
  }

  #binAt(atMs: number): Bin | undefined {
    return this.bins[Math.floor((atMs - this.#fromMs) / this.#binMs)];
  }
}
