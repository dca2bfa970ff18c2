import type { Socket } from 'node:net';

/** What a gateway that needs slots tells one that has some. The numbers are its own. */
export type FromBorrower =
  | {
      readonly type: 'hello';
      readonly token: string;
      readonly name: string;
      readonly life: string;
      /** The slots it still holds from before. */
      readonly held: readonly number[];
    }
  /** Asks for a slot. `spare`: only if nobody there needs it. */
  | { readonly type: 'ask'; readonly id: number; readonly revision: string; readonly spare: boolean }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'return'; readonly id: number };

export type FromLender =
  | { readonly type: 'granted'; readonly id: number; readonly pod: string }
  | { readonly type: 'refused'; readonly id: number };

/** Longest line taken. */
const maxLineBytes = 256 * 1024;

/** Sends one message: a line of JSON. */
export function sendMessage(socket: Socket, message: FromBorrower | FromLender): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

/** Calls `take` with each message that comes, until the socket closes. What is none, or too long, ends the connection. */
export function readMessages<T>(
  socket: Socket,
  decode: (value: unknown) => T | undefined,
  take: (message: T) => void,
): void {
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (text) => {
    const lines = (rest + String(text)).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > maxLineBytes) socket.destroy();
    for (const line of lines) {
      const message = decode(parse(line));
      if (socket.destroyed) return;
      if (message === undefined) return void socket.destroy();
      take(message);
    }
  });
}

export function decodeFromBorrower(value: unknown): FromBorrower | undefined {
  const { type, id, revision, spare, token, name, life, held } = Object(value) as Record<string, unknown>;
  if (type === 'hello') {
    if (typeof token !== 'string' || typeof name !== 'string' || typeof life !== 'string') return undefined;
    return { type, token, name, life, held: Array.isArray(held) ? held.map(Number) : [] };
  }
  if (typeof id !== 'number') return undefined;
  if (type === 'ask' && typeof revision === 'string') return { type, id, revision, spare: spare === true };
  return type === 'cancel' || type === 'return' ? { type, id } : undefined;
}

export function decodeFromLender(value: unknown): FromLender | undefined {
  const { type, id, pod } = Object(value) as Record<string, unknown>;
  if (typeof id !== 'number') return undefined;
  if (type === 'granted' && typeof pod === 'string') return { type, id, pod };
  return type === 'refused' ? { type, id } : undefined;
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
