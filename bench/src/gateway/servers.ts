import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { makeCertificates } from '@ebb/base/certificates';
import { eventually } from '@ebb/base/testing';
import type { KeyPair } from './orders.ts';
import { type Listening, freePort, start } from './processes.ts';

/** The host all requests ask for, but those spread over many hosts. */
export const host = 'shop.example.com';

/** The host whose instances speak gRPC. */
export const grpcHost = 'grpc.example.com';

/** Hosts of the case with many routes. */
export const manyHosts: readonly string[] = Array.from({ length: 10_000 }, (_, i) => `shop-${i}.example.com`);

/** Addresses of the backend: as many instances, all of them one process. */
export const backendAddresses: readonly string[] = Array.from({ length: 8 }, (_, i) => `127.0.0.${i + 1}`);

const nginxMain = (folder: string, name: string): string => `
daemon off;
worker_processes 1;
pid ${join(folder, `${name}.pid`)};
error_log stderr crit;
worker_rlimit_nofile 20000;
events { worker_connections 19900; }
`;

const nginxHttp = (folder: string): string => `
  access_log off;
  default_type application/octet-stream;
  keepalive_timeout 3600;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  client_body_temp_path ${folder};
  proxy_temp_path ${folder};
  fastcgi_temp_path ${folder};
  uwsgi_temp_path ${folder};
  scgi_temp_path ${folder};
  server_names_hash_max_size 65536;
  server_names_hash_bucket_size 128;
  tcp_nodelay on;
`;

/** The one backend of all proxies. */
export interface Backend extends Listening {
  /** Where it speaks gRPC, which is HTTP/2 without TLS. */
  readonly grpcPort: number;
}

/** One certificate for all proxies; also as the files `tls.crt`, `tls.key` and `tls.both`. */
export async function writeCertificate(folder: string): Promise<KeyPair> {
  const { certificate, key } = await makeCertificates({ commonName: host, hosts: [host, grpcHost], now: Date.now() });
  writeFileSync(join(folder, 'tls.crt'), certificate);
  writeFileSync(join(folder, 'tls.key'), key);
  writeFileSync(join(folder, 'tls.both'), `${certificate}\n${key}`);
  return { certificate, key };
}

/** Starts the backend: `/small`, `/1k`, `/100k`, `/streamed` (100 KB in chunks), `/sink` for bodies; and gRPC. */
export async function startBackend(folder: string): Promise<Backend> {
  const port = await freePort();
  const grpcPort = await freePort();
  writeFileSync(join(folder, '1k'), 'x'.repeat(1024));
  writeFileSync(join(folder, '100k'), 'x'.repeat(100 * 1024));
  const listen = (at: number, more = ''): string =>
    backendAddresses.map((address) => `    listen ${address}:${at} backlog=16384${more};`).join('\n');
  const config = `${nginxMain(folder, 'backend')}
http {
${nginxHttp(folder)}
  open_file_cache max=16;
  # Answers come when the request has been read to its end, as a gRPC server's do: the message is fetched from beside.
  upstream self { server 127.0.0.1:${port}; keepalive 256; keepalive_requests 1000000000; }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Content-Length "";
  server {
${listen(grpcPort, ' http2')}
    location / { rewrite ^ /message break; proxy_pass http://self; proxy_method GET; proxy_pass_request_body off; add_trailer grpc-status 0; }
  }
  server {
${listen(port)}
    root ${folder};
    location = /small { return 200 "hello, world"; }
    location = /message { default_type application/grpc; return 200 "12345"; }
    location = /sink { return 200 "taken"; }
    location = /streamed { alias ${folder}/100k; ssi on; ssi_types application/octet-stream; }
  }
}
`;
  const started = startConfigured(folder, 'backend', { config, port, command: 'nginx', args: (file) => ['-c', file] });
  return { ...started, grpcPort };
}

/** nginx as a proxy: connections to the backend kept, hosts looked up, nothing else. */
export async function startNginx(folder: string, { port: backendPort, grpcPort }: Backend): Promise<Listening> {
  const port = await freePort();
  const tlsPort = await freePort();
  const upstream = (at: number): string => backendAddresses.map((address) => `    server ${address}:${at};`).join('\n');
  const proxied = 'location / { proxy_pass http://backend; }';
  const config = `${nginxMain(folder, 'nginx')}
http {
${nginxHttp(folder)}
  upstream backend {
${upstream(backendPort)}
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  upstream grpc {
${upstream(grpcPort)}
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  ssl_certificate ${folder}/tls.crt;
  ssl_certificate_key ${folder}/tls.key;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  server {
    listen 127.0.0.1:${port} default_server backlog=16384;
    listen 127.0.0.1:${tlsPort} default_server ssl http2;
    server_name ${host};
    ${proxied}
  }
  server { listen 127.0.0.1:${tlsPort} ssl http2; server_name ${grpcHost}; location / { grpc_pass grpc://grpc; } }
  server { listen 127.0.0.1:${port}; server_name ${manyHosts.join(' ')}; ${proxied} }
}
`;
  return startConfigured(folder, 'nginx', { config, port, tlsPort, command: 'nginx', args: (file) => ['-c', file] });
}

/** haproxy with one thread: connections to the backend kept, hosts looked up in a map. */
export async function startHaproxy(folder: string, { port: backendPort, grpcPort }: Backend): Promise<Listening> {
  const port = await freePort();
  const tlsPort = await freePort();
  const map = join(folder, 'hosts.map');
  writeFileSync(map, [host, ...manyHosts].map((each) => `${each} backend\n`).join(`${grpcHost} grpc\n`));
  const servers = (at: number, more = ''): string =>
    backendAddresses.map((address, i) => `  server s${i} ${address}:${at} pool-max-conn -1${more}`).join('\n');
  const config = `
global
  nbthread 1
  maxconn 9000
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  option http-keep-alive
  http-reuse always
frontend front
  bind 127.0.0.1:${port} backlog 16384
  bind 127.0.0.1:${tlsPort} ssl crt ${folder}/tls.both alpn h2,http/1.1
  use_backend %[req.hdr(host),field(1,:),lower,map(${map},backend)]
backend backend
${servers(backendPort)}
backend grpc
${servers(grpcPort, ' proto h2')}
`;
  return startConfigured(folder, 'haproxy', {
    config,
    port,
    tlsPort,
    command: 'haproxy',
    args: (file) => ['-db', '-f', file],
  });
}

interface Configured {
  readonly config: string;
  readonly port: number;
  readonly tlsPort?: number;
  readonly command: string;
  readonly args: (file: string) => readonly string[];
}

function startConfigured(folder: string, name: string, { config, command, args, ...ports }: Configured): Listening {
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, config);
  return { tlsPort: undefined, ...ports, ...start(command, args(file)) };
}

/** Waits until a request for a host and path is answered 200. */
export async function untilAnswers(
  port: number,
  wanted: { readonly host?: string; readonly path?: string } = {},
): Promise<void> {
  const { host: wantedHost = host, path = '/small' } = wanted;
  const status = (): Promise<number | undefined> =>
    new Promise((resolve) => {
      request({ host: '127.0.0.1', port, path, headers: { Host: wantedHost }, agent: false }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      })
        .on('error', () => resolve(undefined))
        .end();
    });
  await eventually(async () => (await status()) === 200, {
    what: `an answer for ${wantedHost}${path} on port ${port}`,
    timeoutMs: 30_000,
  });
}
