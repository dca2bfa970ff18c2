import { Duplex } from 'node:stream';
import type { Clock } from '@ebb/base';
import { Channels, channelProtocols } from '@ebb/base/channels';
import { createWebSocketStream } from 'ws';
import { HttpError } from '../http-error.ts';
import { SpdyConnection } from '../spdy/connection.ts';
import { type Upgrade, acceptWebSocket } from '../upgrade.ts';
import { type Forward, Pairs, forwardProtocol, serve } from './spdy-forward.ts';

/** A whole SPDY connection within the messages of a WebSocket, as kubectl speaks since 1.31. */
const tunnelProtocol = `SPDY/3.1+${forwardProtocol}`;

interface WebSocketForward {
  readonly forward: Forward;
  /** For clients without a tunnel, who name them in the query. */
  readonly ports: readonly number[];
  readonly clock: Clock;
}

/** Serves a client that speaks WebSocket until it leaves. Rejects with `HttpError`. */
export async function serveWebSocketForward(
  upgrade: Upgrade,
  { forward, ports, clock }: WebSocketForward,
): Promise<void> {
  const isTunnel = (upgrade.request.headers['sec-websocket-protocol'] ?? '').includes(tunnelProtocol);
  if (!isTunnel && ports.length === 0) throw new HttpError(400, 'query parameter "port" is required');
  const protocols = isTunnel ? [tunnelProtocol] : channelProtocols;
  const socket = await acceptWebSocket(upgrade, { protocols });
  if (isTunnel) {
    const pairs = new Pairs(forward, clock);
    const connection = new SpdyConnection(createWebSocketStream(socket), {
      clock,
      onStream: (stream) => pairs.add(stream),
    });
    return serve(connection, pairs);
  }
  const channels = new Channels(socket, 'server');
  // Two channels a port, in order; each begins with the port's number, by which clients know that it is there.
  const connections = ports.map(async (port, index) => {
    const readable = channels.readable(2 * index);
    const writable = channels.writable(2 * index);
    // There is no word for one direction's end: what the pod ends is over, or the client would wait for more.
    writable.once('finish', () => readable.destroy());
    const data = Duplex.from({ readable, writable });
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    await channels.send(2 * index, number);
    await channels.send(2 * index + 1, number);
    await forward(port, data, channels.writable(2 * index + 1));
  });
  // A client that leaves is the end of them all.
  await Promise.allSettled(connections);
  channels.close();
}

/** The ports named in a query, each perhaps with several. Throws `HttpError` 400. */
export function parsePorts(query: URLSearchParams): readonly number[] {
  const texts = query.getAll('port').flatMap((text) => text.split(','));
  return texts.map((text) => {
    const port = Number(text);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
    throw new HttpError(400, `unable to parse ${JSON.stringify(text)} as a port`);
  });
}
