import { maxInt31 } from './wire.ts';

/** What may be sent before the peer allows more (RFC 9113, section 5.2). May fall below 0 when the peer takes back what it had allowed. */
export class SendWindow {
  #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** Bytes that may be sent now. */
  get room(): number {
    return Math.max(0, this.#size);
  }

  take(bytes: number): void {
    this.#size -= bytes;
  }

  /** Changes it by so much. False if it becomes larger than a window may be. */
  grow(bytes: number): boolean {
    this.#size += bytes;
    return this.#size <= maxInt31;
  }
}

/** What the peer may send. It is allowed more once half of it was used up by what has been taken off our hands. */
export class ReceiveWindow {
  readonly #size: number;
  /** Bytes that the peer may still send. */
  #room: number;
  /** Bytes that were taken off our hands, and of which the peer has not been told. */
  #untold = 0;

  constructor(size: number) {
    this.#size = size;
    this.#room = size;
  }

  /** The peer has sent so many bytes. False if that was more than it may. */
  receive(bytes: number): boolean {
    this.#room -= bytes;
    return this.#room >= 0;
  }

  /** So many of them were taken off our hands. Returns how many more the peer is to be allowed now; 0 if it need not be told yet. */
  release(bytes: number): number {
    this.#untold += bytes;
    if (this.#untold < this.#size / 2) return 0;
    const increment = this.#untold;
    this.#room += increment;
    this.#untold = 0;
    return increment;
  }
}
