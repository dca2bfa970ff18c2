import { type Socket, connect } from 'node:net';
import type { Clock } from '@ebb/base';
import type { ListenAddress } from '../http/listen.ts';
import { type FromBorrower, type FromLender, decodeFromLender, readMessages, sendMessage } from './wire.ts';

export interface LinkOptions {
  readonly clock: Clock;
  readonly address: ListenAddress;
  /** What to say first; undefined while it cannot be said. */
  readonly hello: () => (FromBorrower & { type: 'hello' }) | undefined;
  readonly take: (message: FromLender) => void;
  /** The connection is there, or lost: what was asked for on it is void. */
  readonly changed: () => void;
}

const firstRetryMs = 50;
const lastRetryMs = 1000;

/** A connection to a gateway that lends slots; made anew when it breaks, until disposed of. */
export class Link implements Disposable {
  readonly #options: LinkOptions;
  #socket: Socket | undefined;
  #isOpen = false;
  #isOver = false;
  #retry: Disposable | undefined;
  #retryMs = firstRetryMs;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What cannot be sent is lost: the next hello tells what matters. */
  send(message: FromBorrower): void {
    if (this.#socket && this.#isOpen) sendMessage(this.#socket, message);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#isOpen = false;
    this.#retry?.[Symbol.dispose]();
    this.#socket?.destroy();
  }

  #connect(): void {
    const { address, hello, take, changed } = this.#options;
    const socket = connect({ ...address, noDelay: true });
    socket.unref();
    this.#socket = socket;
    socket.on('error', () => socket.destroy());
    socket.once('connect', () => {
      const message = hello();
      if (!message) return void socket.destroy();
      sendMessage(socket, message);
      this.#isOpen = true;
      changed();
    });
    readMessages(socket, decodeFromLender, (message) => {
      this.#retryMs = firstRetryMs;
      if (!this.#isOver) take(message);
    });
    socket.once('close', () => this.#closed());
  }

  #closed(): void {
    if (this.#isOver) return;
    const { clock, changed } = this.#options;
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#retry = clock.after(this.#retryMs, () => this.#connect());
    this.#retryMs = Math.min(lastRetryMs, this.#retryMs * 2);
    if (wasOpen) changed();
  }
}
