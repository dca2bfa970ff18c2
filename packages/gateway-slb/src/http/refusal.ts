import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Timeouts, type Wait, queueDeadlineOf } from './timeouts.ts';

/** Why the gateway itself answers a request, in one word: the header `ebb-reason`. */
export type Reason =
  | 'no-route'
  | 'bad-request'
  | 'not-supported'
  | 'redirect'
  | 'address-denied'
  | 'queue-full'
  | 'queue-timeout'
  | 'rate-limited'
  | 'revision-failed'
  | 'revision-missing'
  | 'starting'
  | 'closing'
  | 'connect-refused'
  | 'upstream-reset'
  | 'upstream-invalid'
  | 'no-endpoints'
  | 'timeout-waiting'
  | 'timeout';

/** An answer of the gateway itself: never more than a line, and nothing of the inside in it. */
export interface Refusal {
  readonly status: number;
  readonly reason: Reason;
  readonly text: string;
  /** Name, value, name, value… */
  readonly headers?: readonly string[] | undefined;
}

const retrySoon = ['Retry-After', '1'];

type Known =
  | 'noRoute'
  | 'addressDenied'
  | 'connectRefused'
  | 'upstreamReset'
  | 'upstreamInvalid'
  | 'noEndpoints'
  | 'timeoutWaiting'
  | 'queueTimeout'
  | 'timeout'
  | 'starting'
  | 'closing'
  | 'connect'
  | 'headersTooLarge'
  | 'targetTooLong'
  | 'tooSlow'
  | 'notHttp';

/** The answers of the gateway (data-path.md, section 14). */
export const refusals: Readonly<Record<Known, Refusal>> = {
  noRoute: { status: 404, reason: 'no-route', text: '' },
  addressDenied: { status: 403, reason: 'address-denied', text: 'this address is not let in' },
  connectRefused: { status: 502, reason: 'connect-refused', text: 'connection to the instance failed' },
  upstreamReset: {
    status: 502,
    reason: 'upstream-reset',
    text: 'the instance closed the connection without an answer',
  },
  upstreamInvalid: { status: 502, reason: 'upstream-invalid', text: 'the instance did not answer in HTTP' },
  noEndpoints: { status: 503, reason: 'no-endpoints', text: 'no instance of the service is ready', headers: retrySoon },
  timeoutWaiting: { status: 504, reason: 'timeout-waiting', text: 'activator request timeout' },
  queueTimeout: { status: 503, reason: 'queue-timeout', text: 'no instance was free in time', headers: retrySoon },
  timeout: { status: 504, reason: 'timeout', text: 'request timeout' },
  starting: { status: 503, reason: 'starting', text: 'the gateway is starting', headers: retrySoon },
  closing: { status: 503, reason: 'closing', text: 'the gateway is closing', headers: retrySoon },
  headersTooLarge: { status: 431, reason: 'bad-request', text: 'the headers are too large' },
  targetTooLong: { status: 414, reason: 'bad-request', text: 'the request target is too long' },
  tooSlow: { status: 408, reason: 'bad-request', text: 'the request did not come in time' },
  notHttp: { status: 400, reason: 'bad-request', text: 'not an HTTP request' },
  connect: {
    status: 405,
    reason: 'not-supported',
    text: 'CONNECT is not supported',
    headers: ['Allow', 'GET, HEAD, POST'],
  },
};

/** The answer for a request that has waited for an instance as long as it may. */
export function waitedOut(timeouts: Timeouts, wait: Wait, nowMs: number): Refusal {
  if (wait.retryUntil !== undefined) return refusals.connectRefused;
  if (nowMs >= queueDeadlineOf(timeouts, wait)) return refusals.queueTimeout;
  return timeouts.waitMs === undefined ? refusals.timeoutWaiting : refusals.noEndpoints;
}

/** The answer for a request that the activator refuses. */
export function refusalOf({ reason, message }: { readonly reason: string; readonly message: string }): Refusal {
  switch (reason) {
    case 'queue-full':
      return { status: 503, reason, text: message, headers: retrySoon };
    case 'revision-failed':
      return { status: 503, reason, text: message, headers: ['Retry-After', '10'] };
    case 'revision-missing':
      return { status: 404, reason, text: 'the revision does not exist' };
    default:
      return refusals.closing;
  }
}

function headersOf({ reason, text, headers = [] }: Refusal): string[] {
  const type = text === '' ? [] : ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff'];
  return [...headers, ...type, 'ebb-reason', reason];
}

/** What the gateway says in its own name. Its length, and what concerns the connection, is added by whoever sends it. */
export interface OwnAnswer {
  readonly status: number;
  /** Name, value, name, value… */
  readonly headers: readonly string[];
  readonly text: string;
}

/** A refusal as an answer. */
export function answerOf(refusal: Refusal, more: readonly string[] = []): OwnAnswer {
  return { status: refusal.status, headers: [...headersOf(refusal), ...more], text: refusal.text };
}

/** Answers on a bare socket, and closes it. */
export function refuseOnSocket(socket: Duplex, refusal: Refusal): void {
  // Node hands such a socket over without any listener, and a fault nobody hears ends the process.
  socket.on('error', () => socket.destroy());
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const length = String(Buffer.byteLength(refusal.text));
  const headers = [...headersOf(refusal), 'Content-Length', length, 'Connection', 'close'];
  let head = `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  socket.end(`${head}\r\n${refusal.text}`, () => socket.destroy());
}
