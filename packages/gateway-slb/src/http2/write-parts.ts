import type { Socket } from 'node:net';

/** Writes these to the system in one call. False if the other side is behind. */
export function writeParts(socket: Socket, parts: readonly Buffer[]): boolean {
  const [first, ...rest] = parts;
  if (!first) return true;
  if (rest.length === 0) return socket.write(first);
  socket.cork();
  let more = socket.write(first);
  for (const part of rest) more = socket.write(part);
  socket.uncork();
  return more;
}
