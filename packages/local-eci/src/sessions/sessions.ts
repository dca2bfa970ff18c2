import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { type Clock, messageOf } from '@ebb/base';
import {
  Channels,
  type SessionStatus,
  type TerminalSize,
  channel,
  exitStatus,
  failureStatus,
  maxChannelMessage,
  parseSize,
} from '@ebb/base/channels';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Session } from '../runtime.ts';

/** Where sessions are joined, with the one's key as `s`; ECI's has that path and that name too. */
const sessionPath = '/exec/';
/** How long an address is good for (serverless-node.md, section 2.3). */
const validMs = 30_000;
const maxWaiting = 1000;
/** Best first. What ECI's speak is not published; these are what the container's side of it is made of elsewhere. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

type Open = () => Promise<Session>;

/** The commands that may be joined over a WebSocket: each by an address of its own, once, and not for long. */
export class Sessions implements Disposable {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Open>();
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: maxChannelMessage,
    handleProtocols: (asked) => protocols.find((name) => asked.has(name)) ?? false,
  });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Path and query under which a session begins, once somebody joins it. */
  add(open: Open): string {
    const key = randomBytes(24).toString('base64url');
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined && this.#waiting.size >= maxWaiting) this.#waiting.delete(oldest);
    this.#waiting.set(key, open);
    this.#clock.after(validMs, () => this.#waiting.delete(key));
    return `${sessionPath}?s=${key}`;
  }

  /** Takes a request to upgrade: to a WebSocket of a session that waits, or to nothing. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined); // Who asked has left.
    const [path, query] = (request.url ?? '').split('?');
    const key = new URLSearchParams(query).get('s') ?? '';
    const open = this.#waiting.get(key);
    if (path !== sessionPath || !open) {
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#waiting.delete(key);
    // Never rejects.
    this.#server.handleUpgrade(request, socket, head, (client) => void serve(client, open));
  }

  /** Cuts off all that are joined. */
  [Symbol.dispose](): void {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
  }
}

async function serve(client: WebSocket, open: Open): Promise<void> {
  const channels = new Channels(client, 'server');
  const input = channels.readable(channel.stdin);
  const sizes = channels.readable(channel.resize);
  let status: SessionStatus;
  try {
    const session = await open();
    channels.closed.addEventListener('abort', () => session.close(), { once: true });
    if (channels.closed.aborted) session.close();
    // One after the other: the last that came is to be the last that is set.
    let sizing = Promise.resolve();
    const resize = (size: TerminalSize): void => {
      sizing = sizing.then(() => session.resize(size));
    };
    sizes.on('data', sizeReader(resize));
    if (session.stdin) pipeline(input, session.stdin).catch(() => undefined); // The command ended without reading all.
    else input.resume();
    const copies = [pipeline(session.stdout, channels.writable(channel.stdout))];
    if (session.stderr) copies.push(pipeline(session.stderr, channels.writable(channel.stderr)));
    // Output that breaks off has ended; the exit code tells the rest.
    await Promise.allSettled(copies);
    status = exitStatus(await session.exited);
  } catch (error) {
    status = failureStatus(messageOf(error));
  }
  const told = channels.writable(channel.error);
  told.end(JSON.stringify(status));
  await finished(told).catch(() => undefined); // The client has left.
  channels.close();
}

const maxSizeText = 256;

/** Reads JSON objects one after another, wherever messages part them. */
function sizeReader(onSize: (size: TerminalSize) => void): (chunk: Buffer) => void {
  let text = '';
  return (chunk) => {
    text = (text + chunk.toString('utf8')).slice(-maxSizeText);
    const end = text.lastIndexOf('}') + 1;
    const size = parseSize(text.slice(text.lastIndexOf('{', end), end));
    if (end > 0) text = text.slice(end);
    if (size) onSize(size);
  };
}
