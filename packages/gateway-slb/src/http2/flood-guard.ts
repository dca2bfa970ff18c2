import { Budget } from './budget.ts';

/** Frames that cost us and bring nobody anything: pings, settings, priorities, unknown ones, empty ones, increments of windows. */
const noiseRate = { perSecond: 200, burst: 2000 };
/** Data of ours may be answered by two increments and a ping; a stream may come with priorities. */
const earnedByData = 3;
const earnedByStream = 2;
/** Peers that read by so many bytes (Go's do) open both windows each time. */
const readBytes = 4096;
const earnedByRead = 2;

/** What has gone out. */
export interface SentData {
  /** Frames of data, but those that are small because the peer has allowed no more. */
  readonly dataFrames: number;
  readonly dataBytes: number;
}

/**
 * Streams that a client breaks off, or makes us break off, before they are answered: each has cost an instance something, while the
 * limit on streams does not count it any more (CVE-2023-44487, CVE-2025-8671).
 */
const breakRate = { perSecond: 50, burst: 500 };
/** Clients that ask for much also break off more: some of their calls run out of time. */
const earnedByAnswer = 0.1;

/** Bounds what a peer may do without sense. Throws ConnectionErrors (ENHANCE_YOUR_CALM) where it is too much. */
export class FloodGuard {
  readonly #noise: Budget;
  readonly #breaks: Budget;
  #earned = 0;

  /** @param now Milliseconds. */
  constructor(now: () => number) {
    this.#noise = new Budget(noiseRate, now);
    this.#breaks = new Budget(breakRate, now);
  }

  /** A frame has come that brings nobody anything. @param sent Until now. */
  noise(cost: number, sent: SentData): void {
    const earned = earnedByData * sent.dataFrames + (earnedByRead * sent.dataBytes) / readBytes;
    this.#noise.earn(earned - this.#earned);
    this.#earned = earned;
    this.#noise.spend(cost);
  }

  streamBegun(): void {
    this.#noise.earn(earnedByStream);
  }

  /** A stream was answered, and is over. */
  streamAnswered(): void {
    this.#breaks.earn(earnedByAnswer);
  }

  streamBroken(): void {
    this.#breaks.spend(1);
  }
}
