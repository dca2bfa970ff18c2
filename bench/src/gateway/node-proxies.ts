import { once } from 'node:events';
import { Agent, type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { type AddressInfo, type Server as NetServer, connect, createServer as createNetServer } from 'node:net';
import httpProxy from 'http-proxy';
import { Pool } from 'undici';

async function listen(server: NetServer | Server): Promise<number> {
  server.listen({ host: '127.0.0.1', port: 0, backlog: 16_384 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Node's HTTP server, and undici towards the backend; its port. */
export function startUndici(backendPort: number): Promise<number> {
  const pool = new Pool(`http://127.0.0.1:${backendPort}`, { connections: 1024, pipelining: 1, bodyTimeout: 0 });
  return listen(createServer({ noDelay: true }, (request, response) => relay(pool, request, response)));
}

function relay(pool: Pool, request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', url = '/', headers } = request;
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  const { connection: _, 'transfer-encoding': __, ...rest } = headers;
  pool.dispatch(
    { method: method as 'GET', path: url, headers: rest, body: hasBody ? request : null },
    {
      onRequestStart: () => {},
      onResponseStart: (controller, status, responseHeaders) => {
        const { connection: ___, 'keep-alive': ____, 'transfer-encoding': _____, ...kept } = responseHeaders;
        response.writeHead(status, kept);
        response.on('drain', () => controller.resume());
      },
      onResponseData: (controller, chunk) => {
        if (!response.write(chunk)) controller.pause();
      },
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  );
}

/** The library http-proxy, with connections kept; its port. */
export function startHttpProxy(backendPort: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1024 });
  const proxy = httpProxy.createProxyServer({ target: { host: '127.0.0.1', port: backendPort }, agent });
  proxy.on('error', (_error, _request, response) => void response.destroy());
  return listen(createServer({ noDelay: true }, (request, response) => proxy.web(request, response)));
}

/** What a proxy in Node costs at the very least: a connection to the backend for each of a client's, and bytes passed on unread. */
export function startByteRelay(backendPort: number): Promise<number> {
  return listen(
    createNetServer({ noDelay: true }, (socket) => {
      const backend = connect({ port: backendPort, host: '127.0.0.1', noDelay: true });
      for (const [from, to] of [
        [socket, backend],
        [backend, socket],
      ] as const) {
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        from.on('data', (bytes) => {
          if (!to.write(bytes)) from.pause();
        });
        to.on('drain', () => from.resume());
      }
    }),
  );
}
