import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import { type ProbeAction, type ProbeTarget, check } from '@ebb/base/probe';
import { describe, expect, it, onTestFinished } from 'vitest';

const exec = (command: readonly string[]): Promise<{ exitCode: number; output: string }> =>
  Promise.resolve({ exitCode: Number(command[0]), output: 'disk full' });
const target = (real: number): ProbeTarget => ({ host: '127.0.0.1', portOf: () => real, exec });

/** Listens until the test is over; returns the port. */
async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const { signal } = new AbortController();

describe('an HTTP check', () => {
  const seen: (string | undefined)[] = [];
  const serve = (): Promise<number> =>
    listening(
      createServer((request, response) => {
        const { url, headers } = request;
        seen.push(url, headers.host, headers['user-agent'], headers['x-probe'] as string | undefined);
        response.statusCode = url === '/gone' ? 410 : 200;
        response.end();
      }),
    );

  it('sends path, query and headers, and a host of its own', async () => {
    const port = await serve();
    const headers = [
      { name: 'Host', value: 'app.example' },
      { name: 'X-Probe', value: 'yes' },
    ];
    const action: ProbeAction = { kind: 'http', path: 'health?deep=1', port: 80, scheme: 'HTTP', headers };
    expect(await check(action, target(port), signal)).toBeUndefined();
    expect(seen).toEqual(['/health?deep=1', 'app.example', 'kube-probe/1.33', 'yes']);
  });

  it('fails by the status', async () => {
    const port = await serve();
    const action: ProbeAction = { kind: 'http', path: '/gone', port: 80, scheme: 'HTTP' };
    expect(await check(action, target(port), signal)).toBe('HTTP probe failed with statuscode: 410');
  });
});

describe('an exec check', () => {
  it.each([
    ['0', undefined],
    ['1', 'exit code 1: disk full'],
  ])('goes by exit code %s', async (code, result) => {
    expect(await check({ kind: 'exec', command: [code] }, target(0), signal)).toBe(result);
  });
});

describe('a gRPC check', () => {
  /** A health service that knows the services `up` and `down`. */
  const serve = (): Promise<number> => {
    const server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const service = Buffer.concat(chunks).subarray(7).toString();
        if (headers[':path'] !== '/grpc.health.v1.Health/Check' || !['', 'up', 'down'].includes(service)) {
          stream.respond(
            { ':status': 200, 'grpc-status': '5', 'grpc-message': 'unknown service' },
            { endStream: true },
          );
          return;
        }
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, service === 'down' ? 2 : 1]));
      });
    });
    return listening(server);
  };

  it.each([
    [undefined, undefined],
    ['up', undefined],
    ['down', 'service unhealthy (responded with "NOT_SERVING")'],
    ['other', 'gRPC probe failed: rpc error: code = 5 desc = unknown service'],
  ])('asks for service %s', async (service, result) => {
    const port = await serve();
    const action: ProbeAction = { kind: 'grpc', port: 1, ...(service === undefined ? {} : { service }) };
    expect(await check(action, target(port), signal)).toBe(result);
  });

  it('fails where nobody listens', async () => {
    expect(await check({ kind: 'grpc', port: 1 }, target(1), signal)).toContain('ECONNREFUSED');
  });
});
