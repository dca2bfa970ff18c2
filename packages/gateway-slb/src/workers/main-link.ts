import type { Clock } from '@ebb/base';
import type { WorkerChannel } from './messages.ts';
import { type MetricsSource, MetricsTeller } from './metrics-teller.ts';
import { SharedRates } from './shared-rates.ts';

/** What ties a gateway to the process whose worker it is. */
export class MainLink implements Disposable {
  /** Counts requests for all workers. */
  readonly rates: SharedRates;
  readonly #clock: Clock;
  readonly #channel: WorkerChannel;
  readonly #listening: Disposable;
  #teller: MetricsTeller | undefined;

  constructor(clock: Clock, channel: WorkerChannel) {
    this.#clock = clock;
    this.#channel = channel;
    this.rates = new SharedRates({ clock, send: (id, asks) => channel.send({ type: 'take', id, asks }) });
    this.#listening = channel.listen((message) => {
      if (message.type === 'metrics') this.#teller?.asked(message);
      else this.rates.answered(message.id, message.answers);
    });
  }

  /** Tells what this gateway counts, from now on. */
  tell(source: MetricsSource): void {
    this.#teller = new MetricsTeller(this.#clock, this.#channel, source);
  }

  /** Tells the last there is to tell. */
  [Symbol.dispose](): void {
    this.#teller?.[Symbol.dispose]();
    this.#listening[Symbol.dispose]();
  }
}
