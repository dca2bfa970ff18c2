import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Pod, StatusError } from '@ebb/api';
import { connectPath, connections, passOn } from '../kubelet/connect.ts';
import { requireStored } from '../rest/call.ts';
import { badRequest, methodNotAllowed } from '../rest/errors.ts';
import { isTrue } from '../rest/list-options.ts';
import { type ApiContext, makeCall } from './api-request.ts';
import { splitUrl } from './handler.ts';
import { parseResourcePath } from './path.ts';
import { statusErrorOf, statusOf } from './respond.ts';

/** Takes a request that wants its connection for something else. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Makes the function that answers requests to upgrade: `exec`, `attach` and `portforward` of pods. It never throws. */
export function makeUpgradeHandler(context: ApiContext): UpgradeHandler {
  return (request, socket, head) => {
    socket.on('error', () => undefined); // The client has left, and 'close' follows.
    connect(context, request, { socket, head }).catch((error: unknown) => {
      if (socket.writable) refuse(socket, statusErrorOf(error, context.machine.logger));
    });
  };
}

async function connect(
  context: ApiContext,
  request: IncomingMessage,
  client: { readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  const { machine, kubelets, isAllowed } = context;
  if (!isAllowed(request.headers.authorization)) throw new StatusError('Unauthorized', 'Unauthorized');
  const { path, query } = splitUrl(request.url ?? '/');
  const resource = parseResourcePath(path, machine.registry);
  const isPod = typeof resource === 'object' && resource.info.builtin && resource.info.kind === 'Pod';
  // Watches are answered over HTTP. Clients that try a WebSocket first, as fabric8's do, go over to that when they get an answer
  // to the request in place of the upgrade: a watch that is over at once.
  if (typeof resource === 'object' && isTrue(query.get('watch')))
    return void client.socket.end(
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
  if (!isPod || !connections.has(resource.subresource)) throw badRequest('nothing here can be upgraded to');
  if (request.method !== 'GET' && request.method !== 'POST') throw methodNotAllowed();
  const pod = requireStored(machine, makeCall(resource, query, request)).object as Pod;
  const target = { pod, path: connectPath(pod, resource.subresource, query) };
  await passOn({ request, ...client }, target, kubelets);
}

function refuse(socket: Duplex, error: StatusError): void {
  const body = `${JSON.stringify(statusOf(error))}\n`;
  socket.end(
    `HTTP/1.1 ${error.code} ${STATUS_CODES[error.code] ?? ''}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
