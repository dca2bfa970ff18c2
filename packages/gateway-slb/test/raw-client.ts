import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { eventually } from '@ebb/base/testing';

/** A TCP client that says just what it is told, and keeps what it hears. */
export interface RawClient extends AsyncDisposable {
  readonly socket: Socket;
  /** All that was heard so far, as Latin-1. */
  readonly heard: () => string;
  /** True once the other side has closed. */
  readonly ended: () => boolean;
  send(text: string | Buffer): void;
  /** Waits until what was heard matches. */
  hears(pattern: RegExp | string): Promise<string>;
  /** Waits until the other side closes, and returns all it said. */
  end(): Promise<string>;
}

export async function openRawClient(port: number, options: { allowHalfOpen?: boolean } = {}): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  let text = '';
  let ended = false;
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => (text += String(chunk)));
  socket.on('error', () => {});
  socket.on('close', () => (ended = true));
  socket.on('end', () => (ended = true));
  await once(socket, 'connect');
  const matches = (pattern: RegExp | string): boolean =>
    typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);
  return {
    socket,
    heard: () => text,
    ended: () => ended,
    send: (what) => void socket.write(what),
    hears: async (pattern) => {
      await eventually(() => matches(pattern), { what: `hearing ${String(pattern)} (heard: ${JSON.stringify(text)})` });
      return text;
    },
    end: async () => {
      await eventually(() => ended, { what: 'the end of the connection' });
      return text;
    },
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await Promise.resolve();
    },
  };
}

/** One request, and all that comes back until the connection closes. */
export async function exchangeRaw(port: number, request: string | Buffer): Promise<string> {
  await using client = await openRawClient(port);
  client.send(request);
  return await client.end();
}

/** Fails unless the client hears this, in all it has heard so far or will. */
export const expectHears = (client: RawClient, pattern: RegExp | string): Promise<string> => client.hears(pattern);

/** Fails unless the other side closes the connection. */
export const expectEnd = (client: RawClient): Promise<string> => client.end();
