import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type StatSink, statsPath } from '@ebb/api';
import { type Logger, UserError, closerOf, gatherBody, messageOf } from '@ebb/base';
import { type RevisionWhy, type WhyQuery, answerWhy } from '../why.ts';
import { MalformedReport, decodeReports } from './decode-reports.ts';

export interface StatServerOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** What callers must send as bearer token; while `undefined` all are refused. */
  readonly token: () => string | undefined;
  /** Takes the reports; `undefined` while this autoscaler does not work. */
  readonly record: () => StatSink | undefined;
  /** Answers why a scale is what it is (GET `/why/…`, see `answerWhy`), to callers with the token; left out: nobody is told. */
  readonly why?: ((query: WhyQuery) => readonly RevisionWhy[]) | undefined;
  readonly logger: Logger;
}

/** Takes reports of gateways in other processes. */
export interface StatServer extends AsyncDisposable {
  readonly port: number;
}

/** Reports of one POST: some ten thousand revisions. */
const maxBodyBytes = 16 * 1024 * 1024;
const maxHeaderBytes = 8 * 1024;
const maxConnections = 1024;
/** Longest a caller may take to send a request. */
const requestMs = 5000;
/** Gateways report each second: a connection silent for so long is nobody's. */
const idleMs = 30_000;

/**
 * Listens for reports: POST to `statsPath` of a JSON list of `StatReport` with the token. Answers 204; 400 to what is no such
 * list, 401 without the token, 413 to too much, 503 while this autoscaler does not work. Rejects with `UserError` if it cannot listen.
 */
export async function startStatServer(options: StatServerOptions): Promise<StatServer> {
  const { host, port, logger } = options;
  const limits = { maxHeaderSize: maxHeaderBytes, requestTimeout: requestMs, headersTimeout: requestMs };
  const server = createServer({ ...limits, keepAliveTimeout: idleMs }, (request, response) => {
    const { token, why } = options;
    const asks = why && request.method === 'GET' && isAuthorized(request, token());
    if (asks && answerWhy(why, request, response)) return;
    take(request, options).then(
      () => response.writeHead(204).end(),
      (error: unknown) => refuse(request, response, { error, logger }),
    );
  });
  server.maxConnections = maxConnections;
  const close = closerOf(server);
  await bind(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => close(),
  };
}

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function take(request: IncomingMessage, { token, record }: StatServerOptions): Promise<void> {
  if (request.url !== statsPath) throw new Refusal(404, 'not found');
  if (!isAuthorized(request, token())) throw new Refusal(401, 'unauthorized');
  if (request.method !== 'POST') throw new Refusal(405, 'method not allowed');
  const sink = record();
  if (!sink) throw new Refusal(503, 'another autoscaler works, or none yet');
  const body = await gatherBody(request, { maxBytes: maxBodyBytes, tooMuch: () => new Refusal(413, 'too large') });
  for (const report of decodeReports(body.toString('utf8'))) sink(report);
}

/** Compares digests, which are of one length, so that the time it takes tells nothing. */
function isAuthorized({ headers }: IncomingMessage, token: string | undefined): boolean {
  if (!token) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { error, logger }: { readonly error: unknown; readonly logger: Logger },
): void {
  const from = request.socket.remoteAddress;
  if (response.destroyed || request.errored) return; // the caller has gone
  const status = error instanceof Refusal ? error.status : error instanceof MalformedReport ? 400 : 500;
  if (status === 500) logger.error({ from, error: messageOf(error) }, 'reports could not be taken');
  else if (status === 400 || status === 413) logger.warn({ from, status, error: messageOf(error) }, 'reports refused');
  // What is left of a body is not read.
  const close = request.complete ? {} : { connection: 'close' };
  response.writeHead(status, { 'content-type': 'text/plain', ...close });
  response.end(status === 500 ? 'internal error' : messageOf(error));
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new UserError(`cannot listen for stats on ${host}:${port}: ${messageOf(cause)}`, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
}
