import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

const dropped: ReadonlySet<string> = new Set(['upgrade', 'http2-settings', 'connection']);

/**
 * Gives a connection back to the server as if its request had not asked for an upgrade: Node takes every request that does
 * away from its parser, also those that could go on as they are.
 */
export function readoptWithoutUpgrade(server: Server, request: IncomingMessage, socket: Socket, rest: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  const tokens: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    if (name.toLowerCase() === 'connection') tokens.push(...value.split(','));
    if (!dropped.has(name.toLowerCase())) head += `${name}: ${value}\r\n`;
  }
  const kept = tokens.map((token) => token.trim()).filter((token) => token && !dropped.has(token.toLowerCase()));
  if (kept.length > 0) head += `Connection: ${kept.join(', ')}\r\n`;
  socket.removeAllListeners('error');
  socket.unshift(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), rest]));
  server.emit('connection', socket);
}
