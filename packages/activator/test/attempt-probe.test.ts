import { type RequestListener, createServer } from 'node:http';
import { type AddressInfo, type Server, createServer as createTcpServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { attemptProbe } from '../src/attempt-probe.ts';
import type { Readiness } from '../src/readiness.ts';

const tcp: Readiness = { kind: 'tcp', timeoutMs: 5000, successThreshold: 1, initialDelayMs: 0 };

interface Listening extends AsyncDisposable {
  readonly port: number;
}

async function listen<S extends Server>(server: S): Promise<Listening> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => void server.close() };
}

const ask = (port: number, readiness: Readiness): Promise<boolean> =>
  attemptProbe({ host: '127.0.0.1', port }, readiness, { signal: new AbortController().signal });

const answer = (listener: RequestListener) => listen(createServer(listener));

describe('attemptProbe', () => {
  it('takes a connection as ready for tcp', async () => {
    await using server = await listen(createTcpServer());
    expect(await ask(server.port, tcp)).toBe(true);
    await expect(ask(1, tcp)).rejects.toThrow('ECONNREFUSED');
  });

  it.each([
    [200, true],
    [302, true],
    [404, false],
    [503, false],
  ])('takes status %i as %s', async (status, ready) => {
    await using server = await answer((_, response) => response.writeHead(status).end());
    expect(await ask(server.port, { ...tcp, kind: 'http' })).toBe(ready);
  });

  it('sends path and headers, and the name of a kubelet', async () => {
    let seen: unknown;
    await using server = await answer(({ url, headers }, response) => {
      seen = [url, headers['user-agent'], headers['x-probe']];
      response.end();
    });
    await ask(server.port, { ...tcp, kind: 'http', path: 'healthz?a=b', headers: ['X-Probe', 'yes'] });
    expect(seen).toEqual(['/healthz?a=b', expect.stringMatching(/^kube-probe\//), 'yes']);
  });

  it('gives up on an answer that does not come', async () => {
    await using server = await answer(() => {});
    await expect(ask(server.port, { ...tcp, kind: 'http', timeoutMs: 300 })).rejects.toThrow('no answer in time');
  });
});
