import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Listener, type RouteRequest, type RouteResult, route } from '@ebb/router';
import { connectionOf } from './connection.ts';
import type { DataPlane } from './data-plane.ts';
import { Exchange } from './exchange.ts';
import { answerProbe } from './network-probe.ts';
import { type Refusal, refusals, refuse } from './refusal.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';
import { readTarget } from './request-target.ts';

/** What is to become of a request: an answer of the gateway's own, or an instance. */
export type Verdict =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  | { readonly kind: 'answer'; readonly status: number; readonly text: string; readonly headers: readonly string[] }
  | {
      readonly kind: 'forward';
      readonly result: RouteResult & { kind: 'forward' };
      readonly path: string;
      readonly head: RequestHead;
    };

const badRequest = (text: string): Verdict => ({
  kind: 'refuse',
  refusal: { status: 400, reason: 'bad-request', text },
});

/** Reads and routes a request; ordinary ones and upgrades alike. */
export function judge(plane: DataPlane, request: IncomingMessage, listener: Listener): Verdict {
  const head = readRequestHead(request.rawHeaders);
  if (head.fault?.status === 501) {
    return { kind: 'refuse', refusal: { status: 501, reason: 'not-supported', text: head.fault.text } };
  }
  if (head.fault) return badRequest(head.fault.text);
  if (head.chunked && request.httpVersionMinor === 0) return badRequest('Transfer-Encoding in HTTP/1.0');
  const url = request.url ?? '/';
  if (url === '*' && request.method === 'OPTIONS') return { kind: 'answer', status: 200, text: '', headers: [] };
  const target = readTarget(url);
  if (!target) return badRequest('bad request target');
  const host = target.host ?? head.host;
  const result = route(plane.table(), routeRequest(host, target.path, listener, request));
  if (result.kind === 'notFound' && !plane.ready()) return { kind: 'refuse', refusal: refusals.starting };
  const probe = answerProbe(head, result);
  if (probe) return { kind: 'answer', ...probe };
  if (result.kind === 'notFound') return { kind: 'refuse', refusal: refusals.noRoute };
  if (result.kind === 'redirect') {
    const headers = ['Location', result.location];
    return { kind: 'refuse', refusal: { status: 301, reason: 'redirect', text: '', headers } };
  }
  return { kind: 'forward', result, path: target.path, head: target.host === undefined ? head : { ...head, host } };
}

/** After a request that is not understood, or a body that was announced but not asked for, nobody can tell where the next one begins. */
const leavesDoubt = (request: IncomingMessage, verdict: Verdict): boolean =>
  (verdict.kind === 'refuse' && ['bad-request', 'not-supported'].includes(verdict.refusal.reason)) ||
  (request.headers.expect !== undefined && !request.complete);

/** Handles an ordinary request on a listener. */
export function handleRequest(
  plane: DataPlane,
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const connection = connectionOf(request.socket, listener);
  if (connection.isOver) return;
  const verdict = judge(plane, request, listener);
  const mustClose = verdict.kind !== 'forward' && (plane.closing() || leavesDoubt(request, verdict));
  connection.isOver = mustClose;
  const close = mustClose ? ['Connection', 'close'] : [];
  switch (verdict.kind) {
    case 'refuse':
      return refuse(response, verdict.refusal, close);
    case 'answer':
      response.writeHead(verdict.status, [
        ...verdict.headers,
        'Content-Length',
        String(Buffer.byteLength(verdict.text)),
        ...close,
      ]);
      response.end(verdict.text);
      return;
    case 'forward': {
      const { head, path, result: forward } = verdict;
      new Exchange(plane, { request, response, connection, head, path, forward }).begin();
    }
  }
}

function routeRequest(host: string, path: string, listener: Listener, request: IncomingMessage): RouteRequest {
  return {
    host,
    path,
    listener,
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}
