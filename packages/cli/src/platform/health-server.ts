import { type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError, closerOf, messageOf } from '@ebb/base';
import { Exposition } from '@ebb/base/metrics';
import { exposeProcess } from './process-metrics.ts';

export interface HealthOptions {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** Whether each component has caught up, by name; none before they have been opened. */
  readonly states: () => ReadonlyMap<string, boolean>;
  /** Tells what the components of this process and its workers count. */
  readonly metrics: (out: Exposition) => Promise<void>;
  /** True from the moment this process has been told to stop. */
  readonly stopping: () => boolean;
}

export interface HealthServer extends AsyncDisposable {
  readonly port: number;
}

/**
 * Answers `/healthz` (200 while the process lives) and `/readyz` (200 once every component has caught up, until the process is
 * told to stop; else 503; with a line for each component), and `/metrics`. Rejects with `UserError` if it cannot listen.
 */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const { host, port } = options;
  const server = createServer(({ url = '' }, response) => {
    const path = url.split('?', 1)[0];
    if (path === '/metrics') return void answerMetrics(response, options);
    if (path === '/healthz') return answer(response, 200, 'ok\n');
    if (path !== '/readyz') return answer(response, 404, 'there are /healthz, /readyz and /metrics\n');
    const { ready, text } = readiness(options);
    return answer(response, ready ? 200 : 503, text);
  });
  const close = closerOf(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new UserError(`cannot listen for health checks on ${host}:${port}: ${messageOf(cause)}`, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => close(),
  };
}

function readiness({ states, stopping }: HealthOptions): { ready: boolean; text: string } {
  if (stopping()) return { ready: false, text: 'stopping\n' };
  const all = [...states()];
  const ready = all.length > 0 && all.every(([, caughtUp]) => caughtUp);
  const lines = all.map(([name, caughtUp]) => `${name}: ${caughtUp ? 'ok' : 'starting'}\n`);
  return { ready, text: lines.join('') || 'starting\n' };
}

async function answerMetrics(response: ServerResponse, { metrics }: HealthOptions): Promise<void> {
  try {
    const out = new Exposition();
    exposeProcess(out);
    await metrics(out);
    answer(response, 200, await out.text(), Exposition.contentType);
  } catch (error) {
    answer(response, 500, `${messageOf(error)}\n`);
  }
}

function answer(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}
