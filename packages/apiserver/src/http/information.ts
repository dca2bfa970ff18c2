import type { IncomingMessage, ServerResponse } from 'node:http';
import { discoveryDocument } from '../discovery/discovery.ts';
import type { OpenApi } from '../openapi/openapi.ts';
import type { Registry } from '../registry.ts';
import { methodNotAllowed } from '../rest/errors.ts';
import { neverCached, sendJson, sendText } from './respond.ts';

/** What `GET /version` says: the newest Kubernetes whose API is followed. */
const version = {
  major: '1',
  minor: '33',
  gitVersion: 'v1.33.13+ebb',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'none',
  compiler: 'node',
  platform: `${process.platform === 'win32' ? 'windows' : process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};

/** What the answers about the server itself are made from. */
export interface Information {
  readonly registry: Registry;
  readonly openApi: OpenApi;
}

/** Answers what is about the server and not its objects; false if the path is nothing of that. */
export function handleInformation(
  { registry, openApi }: Information,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const respond = responder({ registry, openApi }, path, request.headers.accept);
  if (!respond) return false;
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  respond(request, response);
  return true;
}

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

function responder({ registry, openApi }: Information, path: string, accept: string | undefined): Respond | undefined {
  const check = /^\/(healthz|livez|readyz)(?:\/|$)/.exec(path)?.[1];
  if (check) return ({ url = '' }, response) => sendText(response, 200, healthText(check, url));
  if (path === '/version') return (_, response) => sendJson(response, 200, JSON.stringify(version));
  if (path === '/') return (_, response) => sendJson(response, 200, JSON.stringify({ paths: rootPaths(registry) }));
  if (path.startsWith('/openapi/')) return openApiResponder(openApi, path, accept);
  const document = discoveryDocument(path, accept, registry.all());
  if (!document) return undefined;
  return (_, response) => {
    const body = Buffer.from(JSON.stringify(document.body));
    response.writeHead(200, {
      'Content-Type': document.contentType,
      Vary: 'Accept',
      ...neverCached,
      'Content-Length': body.length,
    });
    response.end(body);
  };
}

/** A server that answers is well; asked for `?verbose`, it says so in Kubernetes' longer form. */
function healthText(check: string, url: string): string {
  return new URLSearchParams(url.split('?')[1]).has('verbose') ? `[+]ping ok\n${check} check passed\n` : 'ok';
}

function openApiResponder(openApi: OpenApi, path: string, accept: string | undefined): Respond | undefined {
  const document = openApi.respond(path, accept);
  if (!document) return undefined;
  return (request, response) => {
    const headers = { 'Content-Type': document.contentType, Etag: document.etag, Vary: 'Accept', ...neverCached };
    if (request.headers['if-none-match'] === document.etag) response.writeHead(304, headers).end();
    else response.writeHead(200, { ...headers, 'Content-Length': Buffer.byteLength(document.body) }).end(document.body);
  };
}

function rootPaths(registry: Registry): string[] {
  const versions = registry
    .all()
    .map(({ group, version: each }) => (group === '' ? `/api/${each}` : `/apis/${group}/${each}`));
  const groups = registry.all().flatMap(({ group }) => (group === '' ? [] : [`/apis/${group}`]));
  const fixed = ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];
  return [...new Set([...fixed, ...versions, ...groups])].sort();
}
