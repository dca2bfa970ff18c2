import type { TracingConfig } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { RequestTracer } from '../duties/request-watcher.ts';
import type { OpenTracer } from './open-tracer.ts';

export interface TracingOptions {
  /** Name of the gateway. */
  readonly gateway: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The tracer is another now. */
  readonly changed: () => void;
}

/** The tracer of a gateway, as the configuration has it at present. */
export class Tracing implements AsyncDisposable {
  readonly #options: TracingOptions;
  #config = '';
  #open: OpenTracer | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: TracingOptions) {
    this.#options = options;
  }

  /** Undefined while nobody is to be told of requests. */
  get tracer(): RequestTracer | undefined {
    return this.#open?.tracer;
  }

  /** Goes by another configuration, as soon as may be. */
  configure(config: TracingConfig): void {
    const text = JSON.stringify(config);
    if (text === this.#config) return;
    this.#config = text;
    this.#work = this.#work.then(() => this.#replace(config.protocol === 'none' ? undefined : config));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#config = '';
    this.#work = this.#work.then(() => this.#replace(undefined));
    await this.#work;
  }

  /** Never rejects. */
  async #replace(config: TracingConfig | undefined): Promise<void> {
    const { gateway, clock, logger, changed } = this.#options;
    const before = this.#open;
    this.#open = undefined;
    try {
      if (config) {
        // The libraries are loaded where they are asked for, and only there.
        const { openTracer } = await import('./open-tracer.ts');
        this.#open = openTracer({ config, gateway, clock, logger });
      }
      changed();
      await before?.close();
    } catch (error) {
      changed();
      logger.error({ error: messageOf(error) }, 'requests cannot be traced as config-observability has it');
    }
  }
}
