import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { type Pod } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { makeCertificates } from '@ebb/base/certificates';
import type { Eci } from '../eci/eci.ts';
import { InvalidLogOptions, type LogOptions, parseLogOptions } from './log-options.ts';
import { streamLog } from './log-stream.ts';

export interface KubeletOptions {
  /** Address to listen on. */
  readonly host: string;
  /** Address at which API servers reach it: the node's. Default: `host`. */
  readonly advertise?: string | undefined;
  /** 0 for any free one. */
  readonly port: number;
  /** Callers must send it as bearer token, or show a client certificate. */
  readonly token: string;
  /** PEM text of the authority that signs client certificates, kube-apiserver's among them. Default: none is accepted. */
  readonly clientCa?: string | undefined;
}

interface ServerOptions extends KubeletOptions {
  readonly eci: Pick<Eci, 'log' | 'describe'>;
  /** The node's pods. */
  readonly pods: () => readonly Pod[];
  /** The id of a pod's container group. */
  readonly groupOf: (pod: Pod) => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The kubelet's HTTP API, as far as the API server asks for it: logs (serverless-node.md, section 1.5). */
export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
}

/** Listens with a certificate made for the occasion; every call needs the token. */
export async function startKubelet(options: ServerOptions): Promise<KubeletServer> {
  const { host, advertise = host, port, clientCa, clock } = options;
  const { certificate: cert, key } = await makeCertificates({
    commonName: 'ebb-virtual-node',
    hosts: [advertise],
    now: clock.now(),
  });
  // Whoever shows no certificate may still know the token.
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  const server = createServer({ cert, key, ...clients }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => fail(response, statusOf(error), messageOf(error)));
  });
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => close(server),
  };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** An answer other than what was asked for. */
class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const { pathname, searchParams } = parseUrl(request.url);
  if (pathname === '/healthz') return void response.end('ok');
  if (!isAuthorized(request, options)) throw new HttpError(401, 'Unauthorized');
  if (request.method !== 'GET') throw new HttpError(405, 'Method Not Allowed');
  if (pathname === '/pods') {
    response.setHeader('content-type', 'application/json');
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: options.pods() };
    return void response.end(JSON.stringify(list));
  }
  const [, action, namespace, name, container, ...rest] = pathname.split('/');
  if (action !== 'containerLogs' || !container || rest.length > 0) throw new HttpError(404, 'not found');
  const pod = options.pods().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  if (!pod) throw new HttpError(404, `pod "${name}" not found`);
  return answerLogs(response, { pod, container, options: parseLogOptions(searchParams) }, options);
}

interface LogRequest {
  readonly pod: Pod;
  readonly container: string;
  readonly options: LogOptions;
}

async function answerLogs(
  response: ServerResponse,
  request: LogRequest,
  { eci, groupOf, clock }: ServerOptions,
): Promise<void> {
  const { container, options } = request;
  const groupId = startedGroup(request, groupOf);
  const left = new AbortController();
  response.on('close', () => left.abort(new DOMException('the client left', 'AbortError')));
  response.setHeader('content-type', 'text/plain');
  // The caller learns at once that there is a log, however long its first line takes.
  if (options.follow) response.flushHeaders();
  try {
    for await (const text of streamLog({ eci, groupId, container, clock }, options, left.signal)) {
      if (!response.write(text)) await once(response, 'drain', { signal: left.signal });
    }
    response.end();
  } catch (error) {
    if (!left.signal.aborted) throw error;
  }
}

/** The group whose log is asked for. Throws `HttpError`, in kubelet's words, if there is no log to show. */
function startedGroup({ pod, container, options }: LogRequest, groupOf: ServerOptions['groupOf']): string {
  const { spec, status, metadata } = pod;
  if (![...spec.containers, ...(spec.initContainers ?? [])].some(({ name }) => name === container)) {
    throw new HttpError(400, `container ${container} is not valid for pod ${metadata.name}`);
  }
  const groupId = groupOf(pod);
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const { state, lastState, restartCount = 0 } = statuses.find(({ name }) => name === container) ?? {};
  if (options.previous && restartCount === 0) {
    throw new HttpError(400, `previous terminated container "${container}" in pod "${metadata.name}" not found`);
  }
  const reason = groupId ? state?.waiting?.reason : 'ContainerCreating';
  if (!groupId || (reason && !lastState?.terminated && neverRan.has(reason))) {
    throw new HttpError(400, `container "${container}" in pod "${metadata.name}" is waiting to start: ${reason}`);
  }
  return groupId;
}

/** The status may lag behind a start by a moment: only these say for certain that there is nothing to read. */
const neverRan: ReadonlySet<string> = new Set([
  'ContainerCreating',
  'CreateContainerConfigError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'PodInitializing',
]);

function parseUrl(url = '/'): URL {
  try {
    return new URL(url, 'https://kubelet');
  } catch {
    throw new HttpError(400, 'the path cannot be read');
  }
}

function isAuthorized({ headers, socket }: IncomingMessage, { token, clientCa }: KubeletOptions): boolean {
  if (clientCa !== undefined && socket instanceof TLSSocket && socket.authorized) return true;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function statusOf(error: unknown): number {
  if (error instanceof HttpError) return error.status;
  return error instanceof InvalidLogOptions ? 400 : 500;
}

/** Half an answer cannot be taken back: its connection breaks off instead. */
function fail(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { 'content-type': 'text/plain' }).end(`${message}\n`);
}
