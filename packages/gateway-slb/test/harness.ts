import { once } from 'node:events';
import { type IncomingMessage, type RequestListener, type Server, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, type Server as NetServer, type Socket, createServer as createNetServer } from 'node:net';
import { Activator, type ActivatorLimits, type PodState, type ProbeAttempt, type RevisionConfig } from '@ebb/activator';
import {
  type Ingress,
  type IngressPath,
  type IngressRule,
  type StatReport,
  ingressClass,
  keys,
  revisionSplit,
} from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { buildTable } from '@ebb/router';
import type { TlsOptions } from '../src/edge/tls-listener.ts';
import type { RevisionSettings } from '../src/http/data-plane.ts';
import type { HttpLimits } from '../src/http/listen.ts';
import { type OpenDataPlane, openDataPlane } from '../src/http/open-data-plane.ts';

/** Fails unless the condition comes about. */
export const expectSoon: typeof eventually = eventually;

/** A backend in this process. */
export interface Backend extends AsyncDisposable {
  readonly port: number;
  /** Connections it has been given so far. */
  readonly connections: () => number;
}

async function open(server: NetServer): Promise<Backend> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await Promise.resolve();
    },
  };
}

export const openHttpBackend = (
  listener: RequestListener,
  prepare: (server: Server) => void = () => {},
): Promise<Backend> => {
  const server = createServer(listener);
  prepare(server);
  return open(server);
};

/** A backend that does with each connection what it likes. */
export const openRawBackend = (onConnection: (socket: Socket) => void): Promise<Backend> =>
  open(createNetServer({ allowHalfOpen: true }, onConnection));

export const host = 'hello.example.com';
export const revision = 'default/hello-00001';

export interface GatewayOptions {
  readonly settings?: Partial<RevisionSettings>;
  readonly config?: Partial<RevisionConfig>;
  readonly backends?: readonly Backend[];
  readonly limits?: Partial<HttpLimits>;
  readonly activatorLimits?: Partial<ActivatorLimits>;
  readonly rules?: readonly IngressRule[];
  readonly path?: Partial<IngressPath>;
  readonly httpOption?: 'Redirected';
  /** Listens for TLS too. */
  readonly tls?: TlsOptions;
}

export interface TestGateway extends AsyncDisposable {
  readonly port: number;
  readonly privatePort: number;
  /** 0 without `tls`. */
  readonly tlsPort: number;
  readonly activator: Activator;
  readonly plane: OpenDataPlane;
  readonly reports: readonly StatReport[];
  /** Requests that have an instance. */
  inFlight(): number;
  addPod(backend: { readonly port: number }, more?: Partial<PodState>): void;
}

/** A gateway on loopback for one revision, without Kubernetes. */
export async function openGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const reports: StatReport[] = [];
  let probe: ProbeAttempt = () => Promise.resolve(false);
  const activator = new Activator({
    clock: systemClock,
    logger: silentLogger,
    random: () => 0.5,
    gateway: 'test',
    sendStats: (report) => void reports.push(report),
    limits: options.activatorLimits,
    attempt: (...args) => probe(...args),
  });
  const readiness = { kind: 'tcp', timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 } as const;
  activator.setRevision(revision, { containerConcurrency: 0, readiness, ...options.config });
  const settings: RevisionSettings = {
    totalMs: 20_000,
    responseStartMs: undefined,
    idleMs: undefined,
    protocol: 'http1',
    ...options.settings,
  };
  const table = buildTable([makeIngress(options)]);
  const plane = await openDataPlane({
    clock: systemClock,
    logger: silentLogger,
    activator,
    table: () => table,
    ready: () => true,
    settingsOf: () => settings,
    listeners: {
      public: { host: '127.0.0.1', port: 0 },
      private: { host: '127.0.0.1', port: 0 },
      https: options.tls && { host: '127.0.0.1', port: 0, tls: options.tls },
    },
    limits: options.limits,
  });
  ({ probe } = plane);
  let pods = 0;
  const addPod = (backend: { readonly port: number }, more: Partial<PodState> = {}): void =>
    activator.setPod(revision, {
      name: `pod-${pods++}`,
      address: { host: '127.0.0.1', port: backend.port },
      ready: true,
      draining: false,
      ...more,
    });
  for (const backend of options.backends ?? []) addPod(backend);
  const inFlight = (): number => {
    const pods = activator.inFlightByPod(revision);
    return Object.values(pods).reduce((sum, count) => sum + count, 0);
  };
  return {
    port: plane.publicAddress.port,
    privatePort: plane.privateAddress?.port ?? 0,
    tlsPort: plane.httpsAddress?.port ?? 0,
    activator,
    plane,
    reports,
    inFlight,
    addPod,
    [Symbol.asyncDispose]: async () => {
      await plane.close({ graceMs: 0 });
      activator[Symbol.dispose]();
    },
  };
}

function makeIngress({ rules, path = {}, httpOption }: GatewayOptions): Ingress {
  const splits = [revisionSplit({ namespace: 'default', name: 'hello-00001' }, 100)];
  const own: IngressRule = { hosts: [host], http: { paths: [{ splits, ...path }] } };
  return {
    metadata: { namespace: 'default', name: 'hello', annotations: { [keys.ingressClass]: ingressClass } },
    spec: { rules: [own, ...(rules ?? [])], ...(httpOption ? { httpOption } : {}) },
  };
}

/** Reads a body to its end. */
export async function bodyOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
}

/** What a backend saw of a request, as JSON. */
export const echo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { method, url, rawHeaders, headers, httpVersion } = request;
  const body = await bodyOf(request);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ method, url, rawHeaders, headers, body, httpVersion, trailers: request.rawTrailers }));
};
