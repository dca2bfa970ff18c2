import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The body of a client's request as a stream of its own. A sender that destroys its source when the answer comes early then
 * does not destroy the client's connection with it: what is left of the body is read and thrown away.
 */
export class RequestBody extends Readable {
  readonly #source: IncomingMessage;
  #reading = false;
  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#source.pause();
  };
  readonly #onEnd = (): void => void this.push(null);
  readonly #onError = (error: Error): void => void this.destroy(error);

  constructor(source: IncomingMessage) {
    super();
    this.#source = source;
  }

  override _read(): void {
    if (this.#reading) {
      this.#source.resume();
      return;
    }
    this.#reading = true;
    this.#source.on('data', this.#onData).once('end', this.#onEnd).once('error', this.#onError);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError);
    if (this.#reading) this.#source.resume();
    done(error);
  }
}
