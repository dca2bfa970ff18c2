import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@ebb/base';
import { maxChannelMessage } from '@ebb/base/channels';
import { type WebSocket, WebSocketServer } from 'ws';
import { HttpError } from './http-error.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/stream.ts';

/** A request to turn its connection into something else, as Node's server hands it over. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the request's head. */
  readonly head: Buffer;
}

const protocolHeader = 'X-Stream-Protocol-Version';
const spdyUpgrade = 'spdy/3.1';

/** Which protocol a client wants to go on with. Throws `HttpError` 400 if it is none that is spoken. */
export function upgradeKind({ headers }: IncomingMessage): 'websocket' | 'spdy' {
  const wanted = (headers.upgrade ?? '').toLowerCase();
  if (wanted === 'websocket') return 'websocket';
  if (wanted === spdyUpgrade) return 'spdy';
  throw new HttpError(400, `unable to upgrade: missing upgrade headers in request: ${JSON.stringify(headers)}`);
}

interface SpdyUpgradeOptions {
  /** Stream protocols spoken. */
  readonly protocols: readonly string[];
  readonly onStream: (stream: SpdyStream) => void;
  readonly clock: Clock;
}

/**
 * Answers an upgrade to SPDY/3.1; the connection is to be `run`. Returns the stream protocol agreed on, empty for clients that
 * name none. Throws `HttpError` 403 if there is none in common.
 */
export function acceptSpdy(
  { request, socket, head }: Upgrade,
  { protocols, onStream, clock }: SpdyUpgradeOptions,
): { readonly connection: SpdyConnection; readonly protocol: string } {
  const asked = (request.headers[protocolHeader.toLowerCase()] ?? []) as string | string[];
  const names = [asked].flat().flatMap((line) => line.split(',').map((name) => name.trim()));
  const protocol = names.find((name) => protocols.includes(name)) ?? '';
  if (protocol === '' && names.length > 0) {
    throw new HttpError(
      403,
      `unable to upgrade: unable to negotiate protocol: client supports [${names.join(' ')}], server accepts [${protocols.join(' ')}]`,
      {
        'X-Accepted-Stream-Protocol-Versions': protocols.join(', '),
      },
    );
  }
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n' +
      `${protocol === '' ? '' : `${protocolHeader}: ${protocol}\r\n`}\r\n`,
  );
  if (head.length > 0) socket.unshift(head);
  return { connection: new SpdyConnection(socket, { onStream, clock }), protocol };
}

/** Answers an upgrade to a WebSocket; with a subprotocol of `protocols` or, if the client asks for none, without. */
export function acceptWebSocket(
  { request, socket, head }: Upgrade,
  { protocols }: { readonly protocols: readonly string[] },
): Promise<WebSocket> {
  const asked = (request.headers['sec-websocket-protocol'] ?? '').split(',').flatMap((name) => name.trim() || []);
  const chosen = asked.find((name) => protocols.includes(name));
  if (chosen === undefined && asked.length > 0) {
    throw new HttpError(
      403,
      `unable to upgrade: none of the subprotocols [${asked.join(' ')}] is known, but [${protocols.join(' ')}]`,
    );
  }
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxChannelMessage,
    handleProtocols: () => chosen ?? false,
  });
  if (chosen?.includes('/')) {
    // Kubernetes' name for a tunnel is none that HTTP allows, and would be refused: it is answered past the library.
    delete request.headers['sec-websocket-protocol'];
    server.on('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${chosen}`));
  }
  return new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('the client left')));
    server.handleUpgrade(request, socket, head, resolve);
  });
}

/** Answers an upgrade with a refusal. */
export function refuseUpgrade(socket: Duplex, { status, message, headers }: HttpError): void {
  const lines = Object.entries({
    ...headers,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(message)),
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.on('error', () => undefined); // A client that left needs no answer.
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${message}`);
}
