import { type IncomingMessage, STATUS_CODES, type OutgoingHttpHeaders } from 'node:http';
import { request as call } from 'node:https';
import type { Duplex } from 'node:stream';
import { type Pod, StatusError } from '@ebb/api';
import { messageOf } from '@ebb/base';
import { badRequest } from '../rest/errors.ts';
import type { Kubelets } from './kubelets.ts';
import { chooseContainer, nodeOf } from './pod-container.ts';

/** A client that asks for a connection to a pod. */
export interface Connect {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the request's head. */
  readonly head: Buffer;
}

/** How the parameters of the API are called by kubelets. */
const streams = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const;

/** Names of the subresources of pods that are connections. */
export const connections: ReadonlySet<string> = new Set(['attach', 'exec', 'portforward']);

/** What a client hears that asks for a connection and does not say how. */
export const upgradeRequired = (): StatusError => badRequest('Upgrade request required');

/** The kubelet's path for a connection to a pod. Throws `BadRequest`. */
export function connectPath(pod: Pod, subresource: string, query: URLSearchParams): string {
  const { namespace, name } = pod.metadata;
  if (subresource === 'portforward') {
    const ports = query.getAll('ports').join(',');
    return `/portForward/${namespace}/${name}${ports === '' ? '' : `?port=${ports}`}`;
  }
  const container = chooseContainer(pod, query.get('container') ?? '');
  const asked = new URLSearchParams(query.getAll('command').map((word): [string, string] => ['command', word]));
  for (const [ours, theirs] of Object.entries(streams)) {
    if (isSet(query.get(ours) ?? defaults[ours])) asked.set(theirs, '1');
  }
  if (subresource === 'exec' && !asked.has('command'))
    throw badRequest('you must specify at least one command for the container');
  return `/${subresource}/${namespace}/${name}/${container}?${asked.toString()}`;
}

/** What is wanted where nothing is said. */
const defaults: Readonly<Record<string, string>> = { stdout: 'true', stderr: 'true' };

function isSet(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false'].includes(text);
}

interface Target {
  readonly pod: Pod;
  readonly path: string;
}

/**
 * Passes a client's connection on to the kubelet of the pod's node, whatever protocol it wants to speak there: bytes go both ways
 * until one end closes. What the kubelet refuses, the client hears as it was said. Rejects with `StatusError`.
 */
export function passOn({ request, socket, head }: Connect, { pod, path }: Target, kubelets: Kubelets): Promise<void> {
  const url = `${kubelets.originOf(nodeOf(pod))}${path}`;
  return new Promise((resolve, reject) => {
    const asking = call(url, {
      method: request.method ?? 'GET',
      headers: headersFor(request, kubelets.authorization),
      rejectUnauthorized: false,
      agent: false,
    });
    const leave = (): void => void asking.destroy();
    socket.once('close', leave);
    asking.once('error', (error) =>
      reject(new StatusError('InternalError', `error dialing backend: ${messageOf(error)}`, { cause: error })),
    );
    asking.once('response', (response) => {
      refuse(socket, response).then(resolve, reject);
    });
    asking.once('upgrade', (response, upstream: Duplex, rest: Buffer) => {
      socket.off('close', leave);
      socket.write(headOf(response));
      splice({ socket, head }, { socket: upstream, head: rest });
      resolve();
    });
    asking.end();
  });
}

const passed = ['upgrade', 'x-stream-protocol-version', 'user-agent'];

function headersFor({ headers }: IncomingMessage, authorization: string | undefined): OutgoingHttpHeaders {
  const names = Object.keys(headers).filter((name) => passed.includes(name) || name.startsWith('sec-websocket-'));
  return {
    ...Object.fromEntries(names.map((name) => [name, headers[name]])),
    connection: 'Upgrade',
    ...(authorization === undefined ? {} : { authorization }),
  };
}

function headOf({ statusCode = 500, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`];
  for (let index = 0; index < rawHeaders.length; index += 2)
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const maxRefusalBytes = 64 * 1024;

async function refuse(socket: Duplex, response: IncomingMessage): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes <= maxRefusalBytes) chunks.push(chunk as Buffer);
  }
  const body = Buffer.concat(chunks);
  const { statusCode = 500, headers } = response;
  socket.end(
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\nContent-Type: ${headers['content-type'] ?? 'text/plain'}\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body.toString('utf8')}`,
  );
}

interface End {
  readonly socket: Duplex;
  readonly head: Buffer;
}

function splice(client: End, kubelet: End): void {
  for (const [from, to] of [
    [client, kubelet],
    [kubelet, client],
  ] as const) {
    if (from.head.length > 0) to.socket.write(from.head);
    from.socket.pipe(to.socket);
    from.socket.once('error', () => to.socket.destroy());
    // One that ended well has ended the other by now.
    from.socket.once('close', () => {
      if (!to.socket.writableEnded) to.socket.destroy();
    });
  }
}
