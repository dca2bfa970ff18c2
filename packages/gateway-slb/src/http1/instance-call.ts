import { type Call, type CallSink, type FailureKind, type UpstreamRequest, maxHeaderBytes } from '../upstream/call.ts';
import { safeMethods } from '../http/methods.ts';
import { bodiless } from '../http/status.ts';
import { ChunkDecoder, type ChunkSink } from './chunk-decoder.ts';
import { passableTrailers } from './fields.ts';
import type { HeadMemory } from './head-memory.ts';
import { type RequestChannel, RequestWriter } from './request-writer.ts';
import { type ParsedResponse, parseResponse } from './response-parser.ts';

/** What a call needs of the connection it is made on. */
export interface CallChannel extends RequestChannel {
  /** It has carried a call before. */
  readonly reused: boolean;
  /** What the instance answered last on it. */
  readonly lastHead: HeadMemory<ParsedResponse>;
  pause(): void;
  resume(): void;
  /** The call is over; the connection can be used for others, or not. */
  release(state: 'reusable' | 'spent' | 'stale'): void;
}

/** More of them are no information. */
const maxInformation = 32;
/** A head is looked for in so much at first, not to turn a whole body into text. */
const firstLook = 4096;

type Phase = 'head' | 'sized' | 'chunked' | 'untilClose' | 'over';

/** One request and its response on a connection of HTTP/1.1. */
export class InstanceCall implements Call, ChunkSink {
  readonly #channel: CallChannel;
  readonly #writer: RequestWriter;
  readonly #method: string;
  /** Its instance may take the body for another request. */
  readonly #isOdd: boolean;
  readonly #sink: CallSink;
  #phase: Phase = 'head';
  /** Of a head that has not come whole. */
  #text = '';
  #answered = false;
  #informed = 0;
  #left = 0;
  #decoder: ChunkDecoder | undefined;
  #keepAlive = false;
  #paused = false;

  /** @param head See `headOf`. */
  constructor(channel: CallChannel, head: string, request: UpstreamRequest, sink: CallSink) {
    this.#channel = channel;
    this.#writer = new RequestWriter(channel, head, request, (error) => this.failed('invalid', error));
    this.#method = request.method;
    this.#isOdd = request.body !== undefined && safeMethods.has(request.method);
    this.#sink = sink;
  }

  /** Sends the request. To be called once the connection is there. */
  begin(): void {
    if (this.#phase !== 'over') this.#writer.begin();
  }

  /** The instance takes bytes again. */
  drained(): void {
    this.#writer.drained();
  }

  /** Takes bytes of the response, which are the caller's again afterwards. */
  take(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && this.#phase === 'head') {
      const used = this.#takeHead(bytes, at);
      if (used === undefined) return;
      at += used;
    }
    if (at < bytes.length) at += this.#takeBody(at === 0 ? bytes : bytes.subarray(at));
    // Whatever stands behind the response would be taken for the answer to the next request.
    if (this.#isComplete()) this.#complete(at === bytes.length);
    else if (this.#phase !== 'over') this.#sink.flush();
  }

  /** The instance has closed its side. */
  closed(): void {
    if (this.#phase === 'untilClose') this.#complete(false);
    else this.failed(this.#kindOfBreak(), new Error('the connection was closed'));
  }

  failed(kind: FailureKind, error: Error): void {
    if (this.#phase === 'over') return;
    this.#over();
    this.#channel.release(kind === 'stale' ? 'stale' : 'spent');
    this.#sink.failed(kind, error);
  }

  broken(error: Error): void {
    this.failed(this.#kindOfBreak(), error);
  }

  resume(): void {
    if (this.#phase === 'over' || !this.#paused) return;
    this.#paused = false;
    this.#channel.resume();
  }

  abort(): void {
    if (this.#phase === 'over') return;
    this.#over();
    this.#channel.release('spent');
  }

  data(bytes: Buffer): void {
    if (this.#phase === 'over' || bytes.length === 0) return;
    if (!this.#sink.data(bytes) && !this.#paused) {
      this.#paused = true;
      this.#channel.pause();
    }
  }

  #over(): void {
    this.#phase = 'over';
    this.#writer.stop();
  }

  #kindOfBreak(): FailureKind {
    return this.#channel.reused && !this.#answered ? 'stale' : 'reset';
  }

  /** Returns how many bytes belong to the head; undefined if it is not there yet, or makes no sense. */
  #takeHead(bytes: Buffer, at: number): number | undefined {
    this.#answered = true;
    const before = this.#text.length;
    const isFirst = before === 0;
    let text =
      this.#text + bytes.toString('latin1', at, isFirst ? Math.min(bytes.length, at + firstLook) : bytes.length);
    const isWhole = isFirst || text.includes('\r\n\r\n', before - 3);
    let parsed = isWhole ? this.#parse(text) : 'incomplete';
    if (parsed === 'incomplete' && isFirst && bytes.length - at > firstLook) {
      text = bytes.toString('latin1', at);
      parsed = this.#parse(text);
    }
    if (parsed === 'incomplete' && text.length <= maxHeaderBytes) {
      this.#text = text;
      return undefined;
    }
    this.#text = '';
    if (typeof parsed === 'string' || parsed.end > maxHeaderBytes) {
      this.failed('invalid', new Error('the answer is not HTTP'));
      return undefined;
    }
    this.#receive(parsed);
    return parsed.end - before;
  }

  #parse(text: string): ReturnType<typeof parseResponse> {
    const { lastHead } = this.#channel;
    const known = lastHead.recall(text);
    if (known) return known;
    const parsed = parseResponse(text);
    return typeof parsed === 'string' ? parsed : lastHead.remember(text, parsed);
  }

  #receive(head: ParsedResponse): void {
    if (head.status < 200) {
      if (head.status === 101 || ++this.#informed > maxInformation) {
        return this.failed('invalid', new Error(`unexpected status ${head.status}`));
      }
      return this.#sink.information(head);
    }
    this.#keepAlive = head.keepAlive;
    if (this.#method === 'HEAD' || bodiless.has(head.status)) {
      this.#phase = 'sized';
      // Some send a body all the same, which may come when the next request is on its way.
      if (head.status !== 304 && (head.chunked || head.contentLength)) this.#keepAlive = false;
    } else if (head.chunked) {
      this.#phase = 'chunked';
      this.#decoder = new ChunkDecoder();
    } else if (head.contentLength === undefined) {
      this.#phase = 'untilClose';
    } else {
      this.#phase = 'sized';
      this.#left = head.contentLength;
    }
    this.#sink.head(head);
  }

  /** Returns how many bytes belong to the body. */
  #takeBody(bytes: Buffer): number {
    switch (this.#phase) {
      case 'sized': {
        const used = Math.min(this.#left, bytes.length);
        this.#left -= used;
        this.data(used === bytes.length ? bytes : bytes.subarray(0, used));
        return used;
      }
      case 'untilClose':
        this.data(bytes);
        return bytes.length;
      case 'chunked': {
        const used = this.#decoder?.take(bytes, this) ?? 0;
        if (this.#decoder?.isMalformed) this.failed('invalid', new Error('the chunks of the answer make no sense'));
        return used;
      }
      default:
        return 0;
    }
  }

  #isComplete(): boolean {
    return (
      (this.#phase === 'sized' && this.#left === 0) || (this.#phase === 'chunked' && this.#decoder?.isOver === true)
    );
  }

  #complete(clean: boolean): void {
    this.#over();
    if (this.#paused) this.#channel.resume();
    const isReusable = clean && this.#writer.isSent && this.#keepAlive && !this.#isOdd;
    this.#channel.release(isReusable ? 'reusable' : 'spent');
    this.#sink.end(passableTrailers(this.#decoder?.trailers ?? []));
  }
}
