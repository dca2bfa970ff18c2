import type { Clock } from '@ebb/base';
import { type RateAnswer, type RateAsk, RateCounters, type RateCounting, clientKey } from '../duties/rate-counters.ts';

export interface SharedRatesOptions {
  readonly clock: Clock;
  /** Sends questions to whoever counts for all. */
  readonly send: (id: number, asks: readonly RateAsk[]) => void;
}

interface Question extends RateAsk {
  readonly decided: (answer: RateAnswer) => void;
}

/** Longest a request waits for an answer; then this process decides by what it has counted itself. */
const patienceMs = 250;
/** Refusals remembered. */
const maxRefusals = 10_000;

/**
 * Counts requests together with the other workers: the process that has started them keeps count for all, so that no more gets through
 * than one gateway would let through. What comes together is asked for together, and where the answer was no, nobody is
 * asked until the time that it named: a flood costs no messages.
 */
export class SharedRates implements RateCounting {
  readonly #options: SharedRatesOptions;
  readonly #refused = new Map<string, number>();
  readonly #alone = new RateCounters();
  readonly #asked = new Map<number, { readonly questions: readonly Question[]; readonly timer: Disposable }>();
  #next: Question[] = [];
  #lastId = 0;

  constructor(options: SharedRatesOptions) {
    this.#options = options;
  }

  take(ask: RateAsk, decided: (answer: RateAnswer) => void): void {
    const { route, client, limits } = ask;
    const waitMs = Math.max(
      limits.total ? this.#refusal(route) : 0,
      limits.perClient ? this.#refusal(clientKey(route, client)) : 0,
    );
    if (waitMs > 0) return decided({ waitMs, by: 'route' });
    if (this.#next.push({ ...ask, decided }) === 1) setImmediate(() => this.#send());
  }

  /** The answers to the questions sent under an id, in their order. */
  answered(id: number, answers: readonly RateAnswer[]): void {
    const asked = this.#asked.get(id);
    if (!asked) return;
    this.#asked.delete(id);
    asked.timer[Symbol.dispose]();
    asked.questions.forEach((question, i) => {
      const answer = answers[i] ?? this.#decideAlone(question);
      if (answer.waitMs > 0) this.#remember(question, answer);
      question.decided(answer);
    });
  }

  #send(): void {
    const questions = this.#next;
    this.#next = [];
    const id = ++this.#lastId;
    const timer = this.#options.clock.after(patienceMs, () => this.answered(id, []));
    this.#asked.set(id, { questions, timer });
    this.#options.send(
      id,
      questions.map(({ route, client, limits }) => ({ route, client, limits })),
    );
  }

  #decideAlone(question: Question): RateAnswer {
    return this.#alone.take(question, this.#options.clock.now());
  }

  /** Milliseconds until it is worth asking again. */
  #refusal(key: string): number {
    const until = this.#refused.get(key);
    if (until === undefined) return 0;
    const waitMs = until - this.#options.clock.now();
    if (waitMs <= 0) this.#refused.delete(key);
    return Math.max(0, waitMs);
  }

  #remember({ route, client }: Question, { waitMs, by }: RateAnswer): void {
    const key = by === 'route' ? route : clientKey(route, client);
    this.#refused.delete(key);
    this.#refused.set(key, this.#options.clock.now() + waitMs);
    if (this.#refused.size <= maxRefusals) return;
    const [oldest] = this.#refused.keys();
    if (oldest !== undefined) this.#refused.delete(oldest);
  }
}
