import { systemClock } from '@ebb/base';
import { Agent, request } from 'undici';

/** What became of one request. Times in milliseconds since the epoch. */
export interface Outcome {
  readonly startedAt: number;
  readonly endedAt: number;
  /** 0 if no answer came. */
  readonly status: number;
  /** `ebb-reason`, or why no answer came. */
  readonly reason: string;
}

export interface LoadOptions {
  readonly port: number;
  readonly host: string;
  readonly perSecond: number;
  /** After so long a client gives up. Default: never. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Sends requests at a fixed rate, whether or not those before have been answered, until `done` aborts, and waits for their answers. Only
 * what is not 200 is kept of them.
 */
export class Load {
  answered = 0;
  sent = 0;
  readonly others: Outcome[] = [];
  readonly #latencies: number[] = [];

  async run({ port, host, perSecond, timeoutMs }: LoadOptions, done: AbortSignal): Promise<void> {
    const agent = new Agent();
    const began = systemClock.now();
    const underWay = new Set<Promise<void>>();
    const send = async (): Promise<void> => {
      const startedAt = systemClock.now();
      const signal = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
      try {
        const answer = await request(`http://127.0.0.1:${port}/`, { headers: { host }, dispatcher: agent, signal });
        await answer.body.dump();
        const reason = String(answer.headers['ebb-reason'] ?? '');
        this.#note({ startedAt, endedAt: systemClock.now(), status: answer.statusCode, reason });
      } catch (error) {
        this.#note({ startedAt, endedAt: systemClock.now(), status: 0, reason: String(error) });
      }
    };
    while (!done.aborted) {
      const due = ((systemClock.now() - began) * perSecond) / 1000;
      for (; this.sent < due; this.sent++) {
        const sending: Promise<void> = send().finally(() => underWay.delete(sending));
        underWay.add(sending);
      }
      await systemClock.sleep(2);
    }
    await Promise.all(underWay);
    await agent.destroy();
  }

  /** Latency of the answered ones, in milliseconds. @param share Between 0 and 1. */
  quantile(share: number): number {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }

  /** How often each kind of outcome came about, 200 left out. */
  kinds(outcomes: readonly Outcome[] = this.others): Record<string, number> {
    const kinds: Record<string, number> = {};
    for (const { status, reason } of outcomes) kinds[`${status} ${reason}`] = (kinds[`${status} ${reason}`] ?? 0) + 1;
    return kinds;
  }

  #note(outcome: Outcome): void {
    if (outcome.status !== 200) return void this.others.push(outcome);
    this.answered++;
    this.#latencies.push(outcome.endedAt - outcome.startedAt);
  }
}
