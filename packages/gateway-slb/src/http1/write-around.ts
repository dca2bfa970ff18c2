import type { Socket } from 'node:net';

/** Writes bytes between two texts of Latin-1, either of which may be empty, to the system in one call. False if the other side is behind. */
export function writeAround(socket: Socket, before: string, bytes: Buffer, after: string): boolean {
  if (before === '' && after === '') return socket.write(bytes);
  socket.cork();
  if (before !== '') socket.write(before, 'latin1');
  let more = socket.write(bytes);
  if (after !== '') more = socket.write(after, 'latin1');
  socket.uncork();
  return more;
}
