import { Readable, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/** The numbers of a remote command's channels, as Kubernetes has them. */
export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

/** Says that a channel's sender has ended: sent as this channel, with the number of the one that ends. */
const closeSignal = 255;

/** How bytes are put into messages. */
interface Form {
  readonly base64: boolean;
  readonly closeSignals: boolean;
}

/** By the protocol's name, as WebSocket clients ask for it. */
const forms: Readonly<Record<string, Form>> = {
  'v5.channel.k8s.io': { base64: false, closeSignals: true },
  'v4.channel.k8s.io': { base64: false, closeSignals: false },
  'v4.base64.channel.k8s.io': { base64: true, closeSignals: false },
  'channel.k8s.io': { base64: false, closeSignals: false },
  'base64.channel.k8s.io': { base64: true, closeSignals: false },
};

/** The channel protocols spoken, the best first. */
export const channelProtocols: readonly string[] = Object.keys(forms);

/** Longest message taken, in bytes; clients send some 32 KiB at a time. */
export const maxChannelMessage: number = 4 * 1024 * 1024;

/**
 * Several streams of bytes over one WebSocket: the first byte of each message (of base64 messages the first digit) is the
 * number of its channel. What comes on a channel nobody asked for is dropped.
 */
export class Channels {
  /** Aborted when the connection is closed, by whichever end. */
  readonly closed: AbortSignal;
  readonly #socket: WebSocket;
  readonly #readables = new Map<number, Readable>();
  readonly #full = new Set<number>();

  readonly #isClient: boolean;

  /**
   * `socket` may still be about to open; nothing is to be sent before it is. Only clients say that a channel has ended, servers
   * close the connection.
   */
  constructor(socket: WebSocket, role: 'client' | 'server') {
    this.#socket = socket;
    this.#isClient = role === 'client';
    const closing = new AbortController();
    this.closed = closing.signal;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    // What goes wrong with a connection closes it, and 'close' follows.
    socket.on('error', () => socket.terminate());
    socket.once('close', () => {
      for (const readable of this.#readables.values()) readable.push(null);
      this.#readables.clear();
      closing.abort(new DOMException('the connection is closed', 'AbortError'));
    });
  }

  /** What the other end sends on a channel. To be asked for before it can have sent anything, and once. */
  readable(number: number): Readable {
    const readable = new Readable({
      read: () => {
        this.#full.delete(number);
        if (this.#full.size === 0) this.#socket.resume();
      },
      destroy: (error, done) => {
        this.#readables.delete(number);
        this.#full.delete(number);
        if (this.#full.size === 0) this.#socket.resume();
        done(error);
      },
    });
    this.#readables.set(number, readable);
    return readable;
  }

  /** Where to write what the other end is to get on a channel. */
  writable(number: number): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => this.#send(number, chunk, done),
      final: (done) => {
        if (this.#form.closeSignals && this.#isClient) this.#send(closeSignal, Buffer.of(number), done);
        else done();
      },
    });
  }

  /** Sends one message whole. */
  send(number: number, data: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#send(number, data, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Closes the connection in good order once everything sent is out. */
  close(): void {
    this.#socket.close(1000);
    // Else the other end's answer to that is never read.
    this.#socket.resume();
  }

  /** Known once the connection is open. */
  get #form(): Form {
    return forms[this.#socket.protocol] ?? { base64: false, closeSignals: false };
  }

  #send(number: number, data: Buffer, done: (error?: Error | null) => void): void {
    if (this.#form.base64) this.#socket.send(`${number}${data.toString('base64')}`, done);
    else this.#socket.send(Buffer.concat([Buffer.of(number), data]), done);
  }

  #receive(raw: RawData, isBinary: boolean): void {
    const message = raw as Buffer; // ws gives Buffers unless told otherwise
    if (message.length === 0) return;
    const isText = this.#form.base64 && !isBinary;
    const number = isText ? Number(message.toString('latin1', 0, 1)) : (message[0] ?? 0);
    const data = isText ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1);
    if (number === closeSignal && this.#form.closeSignals && !this.#isClient) {
      const ended = data[0] ?? closeSignal;
      this.#readables.get(ended)?.push(null);
      // What comes on it after its end is nobody's.
      this.#readables.delete(ended);
      return;
    }
    const readable = this.#readables.get(number);
    if (!readable || data.length === 0 || readable.push(data)) return;
    this.#full.add(number);
    this.#socket.pause();
  }
}
