import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { KubeClient } from '@ebb/api';
import { type Clock, type Logger, closerOf, messageOf } from '@ebb/base';
import { makeCertificates } from '@ebb/base/certificates';
import type { Eci } from '../eci/eci.ts';
import { Access } from './access.ts';
import { HttpError } from './http-error.ts';
import { InvalidLogOptions } from './log-options.ts';
import { answerLogs } from './logs.ts';
import type { NodePods } from './pod-lookup.ts';
import { servePortForward } from './port-forward.ts';
import { ownMetrics, resourceMetrics } from './resource-metrics.ts';
import { serveSession } from './sessions.ts';
import { type ServingPair, keepServingCertificate } from './serving-certificate.ts';
import { statsSummary } from './summary.ts';
import { refuseUpgrade, upgradeKind } from './upgrade.ts';
import { UsageReader } from './usage.ts';

export interface KubeletOptions {
  /** Address to listen on. */
  readonly host: string;
  /** Address at which API servers reach it: the node's. Default: `host`. */
  readonly advertise?: string | undefined;
  /** 0 for any free one. */
  readonly port: number;
  /** Callers must send it as bearer token, or be let in otherwise. */
  readonly token: string;
  /** PEM text of the authority that signs client certificates, kube-apiserver's among them. Default: none is accepted. */
  readonly clientCa?: string | undefined;
  /**
   * Ask the API server whose a bearer token is (TokenReview), and what its owner, or that of a client certificate, may do with the
   * node (SubjectAccessReview). Default false: a certificate opens everything, and no other token does.
   */
  readonly askApiServer?: boolean | undefined;
  /**
   * What it shows to callers, as PEM texts. Default: made at each start, by an authority that nobody else has; with
   * `askApiServer`, one that the cluster signs, once that is approved.
   */
  readonly serving?: ServingPair | undefined;
}

interface ServerOptions extends KubeletOptions, NodePods {
  readonly nodeName: string;
  readonly client: KubeClient;
  readonly eci: Pick<Eci, 'log' | 'describe' | 'exec' | 'attach' | 'usage'>;
  /** For how long figures of what pods use are good enough, in milliseconds. */
  readonly usageAgeMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The kubelet's HTTP API (serverless-node.md, section 1.5). */
export interface KubeletServer extends AsyncDisposable {
  readonly port: number;
}

/** All that answering takes. */
interface Kubelet extends ServerOptions {
  readonly access: Access;
  readonly usage: UsageReader;
  readonly startTime: string;
}

/** Listens, over TLS only. */
export async function startKubelet(options: ServerOptions): Promise<KubeletServer> {
  const { host, advertise = host, port, clientCa, clock, nodeName } = options;
  const { certificate: cert, key } =
    options.serving ??
    (await makeCertificates({ commonName: `system:node:${nodeName}`, hosts: [advertise], now: clock.now() }));
  // Whoever shows no certificate may still know the token.
  const clients = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  const kubelet: Kubelet = {
    ...options,
    access: new Access({ ...options, reviews: options.askApiServer ? options.client : undefined }, nodeName),
    usage: new UsageReader({ ...options, maxAgeMs: options.usageAgeMs }),
    startTime: new Date(clock.now()).toISOString(),
  };
  const server = createServer({ cert, key, ...clients }, (request, response) => {
    answer(request, response, kubelet).catch((error: unknown) => fail(response, asHttpError(error)));
  });
  const close = closerOf(server);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    answerUpgrade({ request, socket, head }, kubelet).catch((error: unknown) => {
      if (socket.writable) refuseUpgrade(socket, asHttpError(error));
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const stop = new AbortController();
  const onSigned = (pair: ServingPair): void =>
    server.setSecureContext({ cert: pair.certificate, key: pair.key, ...clients });
  const certifying =
    options.askApiServer && !options.serving
      ? keepServingCertificate({ ...options, address: advertise, onSigned }, stop.signal)
      : Promise.resolve();
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      stop.abort(new DOMException('the kubelet stops', 'AbortError'));
      await certifying;
      await close();
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, kubelet: Kubelet): Promise<void> {
  const { pathname, searchParams: query } = parseUrl(request.url);
  if (pathname === '/healthz') return void response.end('ok');
  await kubelet.access.check(request, pathname);
  const [action = '', namespace = '', name = '', container = '', ...rest] = partsOf(pathname);
  const isStream = streamed.has(action);
  if (request.method !== 'GET' && !isStream) throw new HttpError(405, 'Method Not Allowed');
  if (isStream && name !== '') throw notUpgraded(request);
  if (action === 'containerLogs' && container !== '' && rest.length === 0) {
    return answerLogs(response, { namespace, name, container, query }, kubelet);
  }
  const page = pages[pathname.replace(/(?<=.)\/$/, '')];
  if (!page) throw new HttpError(404, '404 page not found');
  await page(response, kubelet);
}

const streamed: ReadonlySet<string> = new Set(['exec', 'attach', 'portForward']);

/** What a client hears that asks for a stream and does not say how. */
function notUpgraded(request: IncomingMessage): HttpError {
  upgradeKind(request);
  return new HttpError(400, 'unable to upgrade: the request cannot be upgraded');
}

const pages: Readonly<Record<string, (response: ServerResponse, kubelet: Kubelet) => Promise<void> | void>> = {
  '/pods': (response, { pods }) => sendJson(response, { ...podList, items: pods() }),
  '/runningpods': (response, { pods }) => {
    const items = pods().filter(({ status }) => status?.phase === 'Running');
    sendJson(response, { ...podList, items });
  },
  '/metrics': (response, { nodeName, pods }) => {
    const running = pods().filter(({ status }) => status?.phase === 'Running');
    sendText(response, ownMetrics(nodeName, running.length));
  },
  '/metrics/resource': async (response, { usage, clock, logger }) => {
    const read = await usage.read().catch((error: unknown) => {
      logger.warn({ error: messageOf(error) }, 'what pods use cannot be told');
      return undefined;
    });
    sendText(response, resourceMetrics(read, clock.now()));
  },
  '/stats/summary': async (response, { usage, clock, nodeName, startTime }) => {
    const now = new Date(clock.now()).toISOString();
    sendJson(response, statsSummary(await usage.read(), { nodeName, startTime, now }));
  },
};

const podList = { kind: 'PodList', apiVersion: 'v1', metadata: {} } as const;

function sendJson(response: ServerResponse, value: object): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
}

function sendText(response: ServerResponse, text: string): void {
  response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
  response.end(text);
}

/** Sessions may be silent for hours. */
const keepAliveMs = 30_000;

interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

async function answerUpgrade(upgrade: UpgradeRequest, kubelet: Kubelet): Promise<void> {
  const { request, socket } = upgrade;
  socket.on('error', () => undefined); // The client has left, and 'close' follows.
  // One that is gone without a word is found out.
  if (socket instanceof Socket) socket.setKeepAlive(true, keepAliveMs);
  const { pathname, searchParams: query } = parseUrl(request.url);
  await kubelet.access.check(request, pathname);
  const [action = '', namespace = '', name = '', ...rest] = partsOf(pathname);
  // Some put the pod's uid before the container.
  const container = rest.at(-1) ?? '';
  if (action === 'portForward' && name !== '' && rest.length <= 1) {
    return servePortForward(upgrade, { namespace, name, query }, kubelet);
  }
  if ((action === 'exec' || action === 'attach') && container !== '' && rest.length <= 2) {
    return serveSession(upgrade, { action, namespace, name, container, query }, kubelet);
  }
  throw new HttpError(404, '404 page not found');
}

function partsOf(pathname: string): string[] {
  return pathname.split('/').slice(1);
}

function parseUrl(url = '/'): URL {
  try {
    return new URL(url, 'https://kubelet');
  } catch {
    throw new HttpError(400, 'the path cannot be read');
  }
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  return new HttpError(error instanceof InvalidLogOptions ? 400 : 500, messageOf(error));
}

/** Half an answer cannot be taken back: its connection breaks off instead. */
function fail(response: ServerResponse, { status, message, headers }: HttpError): void {
  if (response.headersSent) response.destroy();
  else response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${message}\n`);
}
