import { PassThrough, type Readable } from 'node:stream';

/** An attached reader that lags behind by more loses its stream: the container does not wait for it. */
const maxLagBytes = 4 * 1024 * 1024;

/** Those who listen to one output of a running container, from the moment they came. */
export class Taps {
  readonly #streams = new Set<PassThrough>();
  #isEnded = false;

  /** A copy of what comes from now on. */
  open(): Readable {
    const stream = new PassThrough();
    stream.on('error', () => undefined); // Who listened has left.
    if (this.#isEnded) stream.end();
    else this.#streams.add(stream.once('close', () => this.#streams.delete(stream)));
    return stream;
  }

  write(chunk: Buffer): void {
    for (const stream of this.#streams) {
      if (stream.writableLength > maxLagBytes) stream.destroy();
      else stream.write(chunk);
    }
  }

  end(): void {
    this.#isEnded = true;
    for (const stream of this.#streams) stream.end();
  }
}
