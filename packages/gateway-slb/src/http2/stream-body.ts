import type { ServerHttp2Stream } from 'node:http2';
import type { BodySink, RequestBody } from '../http/downstream.ts';
import { ordinaryFields } from './fields.ts';

/** The body of a request over HTTP/2. What is not asked for waits with the client, but for one window of the stream. */
export class StreamBody implements RequestBody {
  readonly length: number | undefined;
  begun = false;
  complete = false;
  readonly #stream: ServerHttp2Stream;
  #sink: BodySink | undefined;
  #trailers: string[] = [];

  constructor(stream: ServerHttp2Stream, length: number | undefined) {
    this.#stream = stream;
    this.length = length;
    stream.on('trailers', (_headers, _flags, raw?: string[]) => {
      this.#trailers = ordinaryFields(raw ?? []);
    });
  }

  flow(sink: BodySink): void {
    this.#sink = sink;
    this.#stream.on('data', (chunk: Buffer) => {
      this.begun = true;
      if (this.#sink?.chunk(chunk) === false) this.#stream.pause();
    });
    this.#stream.once('end', () => {
      // Also told of a stream that was cut.
      if (this.#stream.closed || this.#stream.aborted) return;
      this.begun = this.complete = true;
      this.#sink?.ended(this.#trailers);
    });
  }

  resume(): void {
    this.#stream.resume();
  }

  discard(): void {
    this.#sink = undefined;
    this.#stream.resume();
  }
}
