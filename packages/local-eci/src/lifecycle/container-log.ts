import type { Clock } from '@ebb/base';
import type { LogLine } from '../runtime.ts';

const newline = 10;
const carriageReturn = 13;

/** A line longer than this is kept in pieces. */
const maxLineBytes = 16 * 1024;

/** What a line costs beside its bytes. */
const lineOverheadBytes = 64;

/**
 * The last lines a container wrote, in at most `maxBytes`. Bytes are kept as they came; each line has a time of its own,
 * so that a reader can go on from the last one it saw.
 */
export class ContainerLog {
  readonly #clock: Clock;
  readonly #maxBytes: number;
  #lines: LogLine[] = [];
  /** Lines before this index are dropped; the array is cut only now and then. */
  #first = 0;
  #sizeBytes = 0;
  #lastNs = 0n;

  constructor(clock: Clock, maxBytes: number = 1024 * 1024) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** A writer for one stream: cuts it into lines. Call `end` for the last, unfinished one. */
  writer(): { write(chunk: Buffer): void; end(): void } {
    let partial: Buffer = Buffer.alloc(0);
    return {
      write: (chunk) => {
        partial = this.#cut(partial.length === 0 ? chunk : Buffer.concat([partial, chunk]));
      },
      end: () => {
        if (partial.length > 0) this.#append(partial);
        partial = Buffer.alloc(0);
      },
    };
  }

  /** Oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines.slice(this.#first);
  }

  /** The end of the log as one text: at most `maxLines` lines and `maxBytes` bytes. */
  tail(maxLines: number, maxBytes: number): string {
    const lines = this.#lines.slice(Math.max(this.#first, this.#lines.length - maxLines));
    const text = Buffer.concat(lines.flatMap((line) => [line.text, Buffer.from('\n')]));
    return text.subarray(Math.max(0, text.length - maxBytes)).toString('utf8');
  }

  #cut(data: Buffer): Buffer {
    let from = 0;
    for (let at = data.indexOf(newline); at !== -1; at = data.indexOf(newline, from)) {
      this.#append(data.subarray(from, at > from && data[at - 1] === carriageReturn ? at - 1 : at));
      from = at + 1;
    }
    for (; data.length - from >= maxLineBytes; from += maxLineBytes)
      this.#append(data.subarray(from, from + maxLineBytes));
    return data.subarray(from);
  }

  #append(text: Buffer): void {
    const nowNs = BigInt(Math.floor(this.#clock.now() * 1000)) * 1000n;
    this.#lastNs = nowNs > this.#lastNs ? nowNs : this.#lastNs + 1n;
    // A copy, lest a short line keep the whole chunk it came in.
    this.#lines.push({ atNs: this.#lastNs, text: Buffer.from(text) });
    this.#sizeBytes += text.length + lineOverheadBytes;
    while (this.#sizeBytes > this.#maxBytes && this.#first < this.#lines.length - 1) this.#drop();
    if (this.#first > 1024 && this.#first > this.#lines.length / 2) {
      this.#lines = this.#lines.slice(this.#first);
      this.#first = 0;
    }
  }

  #drop(): void {
    const line = this.#lines[this.#first];
    this.#lines[this.#first] = emptyLine;
    this.#first += 1;
    this.#sizeBytes -= (line?.text.length ?? 0) + lineOverheadBytes;
  }
}

const emptyLine: LogLine = { atNs: 0n, text: Buffer.alloc(0) };
