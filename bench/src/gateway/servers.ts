import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { eventually } from '@ebb/base/testing';
import { type Listening, freePort, start } from './processes.ts';

/** The host all requests ask for, but those spread over many hosts. */
export const host = 'shop.example.com';

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

/** The one backend of all proxies: `/small`, `/1k`, `/100k`, `/streamed` (100 KB in chunks), `/sink` for bodies. */
export async function startBackend(folder: string): Promise<Listening> {
  const port = await freePort();
  writeFileSync(join(folder, '1k'), 'x'.repeat(1024));
  writeFileSync(join(folder, '100k'), 'x'.repeat(100 * 1024));
  const listens = backendAddresses.map((address) => `    listen ${address}:${port} backlog=16384;`).join('\n');
  const config = `${nginxMain(folder, 'backend')}
http {
${nginxHttp(folder)}
  open_file_cache max=16;
  server {
${listens}
    root ${folder};
    location = /small { return 200 "hello, world"; }
    location = /sink { return 200 "taken"; }
    location = /streamed { alias ${folder}/100k; ssi on; ssi_types application/octet-stream; }
  }
}
`;
  return startConfigured(folder, 'backend', { config, port, command: 'nginx', args: (file) => ['-c', file] });
}

/** nginx as a proxy: connections to the backend kept, hosts looked up, nothing else. */
export async function startNginx(folder: string, backendPort: number): Promise<Listening> {
  const port = await freePort();
  const upstream = backendAddresses.map((address) => `    server ${address}:${backendPort};`).join('\n');
  const proxied = 'location / { proxy_pass http://backend; }';
  const config = `${nginxMain(folder, 'nginx')}
http {
${nginxHttp(folder)}
  upstream backend {
${upstream}
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $host;
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  server { listen 127.0.0.1:${port} default_server backlog=16384; server_name ${host}; ${proxied} }
  server { listen 127.0.0.1:${port}; server_name ${manyHosts.join(' ')}; ${proxied} }
}
`;
  return startConfigured(folder, 'nginx', { config, port, command: 'nginx', args: (file) => ['-c', file] });
}

/** haproxy with one thread: connections to the backend kept, hosts looked up in a map. */
export async function startHaproxy(folder: string, backendPort: number): Promise<Listening> {
  const port = await freePort();
  const map = join(folder, 'hosts.map');
  writeFileSync(map, [host, ...manyHosts].map((each) => `${each} backend\n`).join(''));
  const servers = backendAddresses.map((address, i) => `  server s${i} ${address}:${backendPort} pool-max-conn -1`);
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
  use_backend %[req.hdr(host),field(1,:),lower,map(${map},backend)]
backend backend
${servers.join('\n')}
`;
  return startConfigured(folder, 'haproxy', { config, port, command: 'haproxy', args: (file) => ['-db', '-f', file] });
}

interface Configured {
  readonly config: string;
  readonly port: number;
  readonly command: string;
  readonly args: (file: string) => readonly string[];
}

async function startConfigured(
  folder: string,
  name: string,
  { config, port, command, args }: Configured,
): Promise<Listening> {
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, config);
  return { port, ...start(command, args(file)) };
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
