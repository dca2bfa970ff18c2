import { existsSync } from 'node:fs';
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { UserError, messageOf } from '@ebb/base';

/** Where an engine listens: a Unix socket, or TCP without TLS. */
export type EngineAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** An answer of the engine that says no. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** HTTP status. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface EngineCall {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'PUT';
  /** Path with its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
  /** Sent as it is, as a tar archive. */
  readonly tar?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds the thing itself may take, through which the engine may be silent; Infinity: for ever. Default 0. */
  readonly takesMs?: number;
}

/**
 * The HTTP API that Docker and Podman have in common (Docker Engine API). All calls reject with `EngineError` on a refusal, and with
 * an error that names the engine's address if it cannot be reached, or is silent for too long.
 */
export interface EngineApi {
  /** The answer as JSON; undefined if it has no body. */
  call(call: EngineCall): Promise<unknown>;
  /** The answer's body as it comes. */
  stream(call: EngineCall): Promise<IncomingMessage>;
  /** The connection itself, both ways, once the engine has answered that it is ours. */
  connection(call: EngineCall): Promise<Duplex>;
  /** Ends all calls under way. */
  close(): void;
}

/**
 * The engine to use: `DOCKER_HOST` (`unix://…` or `tcp://host:port`), else the first socket there is of Docker, this user's
 * Podman and the system's Podman. Throws `UserError` if there is none.
 */
export function findEngine(environment: Readonly<Record<string, string | undefined>>): EngineAddress {
  const asked = environment['DOCKER_HOST'] ?? '';
  if (asked !== '') return parseAddress(asked);
  const runtimeDir = environment['XDG_RUNTIME_DIR'];
  const places = [
    '/var/run/docker.sock',
    ...(runtimeDir ? [join(runtimeDir, 'podman', 'podman.sock')] : []),
    '/run/podman/podman.sock',
  ];
  const socketPath = places.find((path) => existsSync(path));
  if (socketPath !== undefined) return { socketPath };
  throw new UserError(
    `no container engine found at ${places.join(', ')}: start Docker, or \`podman system service --time=0\`, or set DOCKER_HOST`,
  );
}

function parseAddress(text: string): EngineAddress {
  if (text.startsWith('unix://')) return { socketPath: text.slice('unix://'.length) };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'tcp:' && url.port !== '') return { host: url.hostname, port: Number(url.port) };
  throw new UserError(`DOCKER_HOST=${text}: must be unix://<path> or tcp://<host>:<port>`);
}

/** Engines take seconds for what they do, and many of them on a machine that is busy. */
const usualSilentMs = 120_000;

/** `silentMs`: how long the engine may say nothing, before its answer and within it. Default: two minutes. */
export function createEngineApi(
  address: EngineAddress,
  { silentMs = usualSilentMs }: { readonly silentMs?: number } = {},
): EngineApi {
  const agent = new Agent();
  const place: Place = { address, agent, silentMs };
  const stream = async (call: EngineCall): Promise<IncomingMessage> => {
    const response = await send(place, call);
    const { statusCode = 500 } = response;
    // 304: it is so already.
    if (statusCode < 400) return response;
    throw new EngineError(statusCode, errorText(await read(response)));
  };
  return {
    stream,
    connection: (call) => upgrade(place, call),
    close: () => agent.destroy(),
    call: async (call) => {
      const text = await read(await stream(call));
      return text === '' ? undefined : (JSON.parse(text) as unknown);
    },
  };
}

interface Place {
  readonly address: EngineAddress;
  /** Keeps no connection, but knows those in use. */
  readonly agent: Agent;
  readonly silentMs: number;
}

/** Docker and Podman answer 101, or 200 with a connection that is a stream all the same: Node gives that up only for 101. */
function upgrade(place: Place, call: EngineCall): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const asking = open(place, { ...call, headers: { ...call.headers, connection: 'Upgrade', upgrade: 'tcp' } });
    asking.once('upgrade', (_response, socket: Socket, head: Buffer) => {
      // From here on silence says nothing.
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asking.once('response', (response) => {
      read(response).then((text) => reject(new EngineError(response.statusCode ?? 500, errorText(text))), reject);
    });
    asking.once('error', (cause) => reject(noAnswer(place, cause)));
  });
}

function send(place: Place, call: EngineCall): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asking = open(place, call);
    asking.once('response', resolve);
    asking.once('error', (cause) => reject(noAnswer(place, cause)));
  });
}

function open(place: Place, { method, path, body, tar, headers, signal, takesMs = 0 }: EngineCall): ClientRequest {
  const content = body === undefined ? tar : Buffer.from(JSON.stringify(body));
  const silentMs = Number.isFinite(takesMs) ? place.silentMs + takesMs : 0;
  const options: RequestOptions = {
    ...place.address,
    agent: place.agent,
    method,
    path,
    headers: {
      host: 'engine',
      ...(content ? { 'content-length': content.length } : {}),
      ...(content ? { 'content-type': tar ? 'application/x-tar' : 'application/json' } : {}),
      ...headers,
    },
    ...(signal ? { signal } : {}),
    timeout: silentMs,
  };
  const asking = request(options);
  let answer: IncomingMessage | undefined;
  asking.once('response', (response) => (answer = response));
  asking.once('timeout', () => {
    const silence = new Error(`silent for ${silentMs / 1000} s after ${method} ${path.split('?')[0]}`);
    answer?.destroy(noAnswer(place, silence));
    asking.destroy(silence);
  });
  asking.end(content);
  return asking;
}

function noAnswer({ address }: Place, cause: Error): Error {
  const where = 'socketPath' in address ? `unix://${address.socketPath}` : `tcp://${address.host}:${address.port}`;
  return new Error(`the container engine at ${where} does not answer: ${messageOf(cause)}`, { cause });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Docker says `message`, Podman `message` or `cause`. */
function errorText(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}
