import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Pod } from '@ebb/api';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import { makeCertificates } from '@ebb/base/certificates';
import type { Eci } from '../eci/eci.ts';
import { InvalidLogOptions, parseLogOptions } from './log-options.ts';
import { streamLog } from './log-stream.ts';

export interface KubeletOptions {
  /** Address to listen on. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Callers must send it as bearer token. */
  readonly token: string;
}

interface ServerOptions extends KubeletOptions {
  readonly eci: Pick<Eci, 'log'>;
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
  const { host, port, clock } = options;
  const { certificate: cert, key } = await makeCertificates({
    commonName: 'ebb-virtual-node',
    hosts: [host],
    now: clock.now(),
  });
  const server = createServer({ cert, key }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => fail(response, 500, messageOf(error)));
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

async function answer(request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://kubelet');
  if (url.pathname === '/healthz') return void response.end('ok');
  if (!isAuthorized(request, options.token)) return fail(response, 401, 'Unauthorized');
  if (request.method !== 'GET') return fail(response, 405, 'Method Not Allowed');
  if (url.pathname === '/pods') {
    response.setHeader('content-type', 'application/json');
    return void response.end(
      JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: options.pods() }),
    );
  }
  const logs = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(url.pathname);
  if (!logs) return fail(response, 404, 'not found');
  const [namespace, name, container] = logs.slice(1).map(decodeURIComponent);
  const pod = options.pods().find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  if (!pod) return fail(response, 404, `pod "${name}" not found`);
  await answerLogs(response, { pod, container: container ?? '', query: url.searchParams }, options);
  return undefined;
}

interface LogRequest {
  readonly pod: Pod;
  readonly container: string;
  readonly query: URLSearchParams;
}

async function answerLogs(
  response: ServerResponse,
  { pod, container, query }: LogRequest,
  options: ServerOptions,
): Promise<void> {
  const { eci, groupOf, pods, clock } = options;
  const groupId = groupOf(pod);
  if (!groupId)
    return fail(
      response,
      400,
      `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ContainerCreating`,
    );
  const isRunning = (): boolean => {
    const now = pods().find(({ metadata }) => metadata.uid === pod.metadata.uid);
    const status = now?.status?.containerStatuses?.find(({ name }) => name === container);
    return (
      now !== undefined &&
      !['Succeeded', 'Failed'].includes(now.status?.phase ?? '') &&
      !(status?.state?.terminated && now.metadata.deletionTimestamp)
    );
  };
  const left = new AbortController();
  response.on('close', () => left.abort(new DOMException('the client left', 'AbortError')));
  try {
    const parsed = parseLogOptions(query);
    response.setHeader('content-type', 'text/plain');
    for await (const text of streamLog({ eci, groupId, container, clock, isRunning }, parsed, left.signal)) {
      if (!response.write(text)) await once(response, 'drain', { signal: left.signal });
    }
    response.end();
  } catch (error) {
    if (left.signal.aborted) return undefined;
    return fail(response, error instanceof InvalidLogOptions ? 400 : 500, messageOf(error));
  }
  return undefined;
}

function isAuthorized({ headers }: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function fail(response: ServerResponse, status: number, message: string): undefined {
  if (response.headersSent) {
    response.destroy();
    return undefined;
  }
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${message}\n`);
  return undefined;
}
