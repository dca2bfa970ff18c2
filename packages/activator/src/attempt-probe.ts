import * as http from 'node:http';
import * as https from 'node:https';
import { type Socket, connect } from 'node:net';
import type { Address } from './backend.ts';
import type { ProbeAttempt } from './prober.ts';
import type { Readiness } from './readiness.ts';

/** What applications know a kubelet's probe by, and leave out of their logs. */
const userAgent = 'kube-probe/1.33';

/** Asks an instance whether it is ready: a GET, or a connection. Rejects when that fails, or takes too long. */
export const attemptProbe: ProbeAttempt = (address, readiness, { signal }) =>
  readiness.kind === 'http'
    ? attemptHttp(address, readiness, signal)
    : attemptTcp({ host: address.host, port: readiness.port ?? address.port }, readiness.timeoutMs, signal);

function attemptTcp({ host, port }: Address, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    endWith(signal, socket);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('timeout', () => socket.destroy(new Error('no connection in time')));
    socket.once('error', reject);
  });
}

function attemptHttp(address: Address, readiness: Readiness, signal: AbortSignal): Promise<boolean> {
  const { scheme = 'http', path = '/', headers = [], port = address.port, timeoutMs } = readiness;
  return new Promise((resolve, reject) => {
    const { request } = scheme === 'https' ? https : http;
    const tls = scheme === 'https' ? { rejectUnauthorized: false } : {}; // a kubelet does not verify either
    const asked = request({
      ...tls,
      host: address.host,
      port,
      path: path.startsWith('/') ? path : `/${path}`,
      headers: { ...probeHeaders(headers), Connection: 'close' },
      agent: false,
      timeout: timeoutMs,
    });
    endWith(signal, asked);
    asked.once('response', ({ statusCode = 0 }) => {
      asked.destroy();
      resolve(statusCode >= 200 && statusCode < 400);
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', reject);
    asked.end();
  });
}

/** Ends an attempt when its probing ends. Node's own `signal` option leaves a listener behind for each attempt. */
function endWith(signal: AbortSignal, attempt: Socket | http.ClientRequest): void {
  const onAbort = (): void => void attempt.destroy(new Error('probing has ended'));
  signal.addEventListener('abort', onAbort, { once: true });
  attempt.once('close', () => signal.removeEventListener('abort', onAbort));
}

/** The headers of a probe: those of a revision's own (name, value, name, value…) go before ours. */
export function probeHeaders(own: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = { 'User-Agent': userAgent };
  for (let i = 0; i + 1 < own.length; i += 2) headers[own[i] ?? ''] = own[i + 1] ?? '';
  return headers;
}
