import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isAbort } from '@ebb/base';
import { methodNotAllowed } from '../rest/errors.ts';
import type { Kubelets } from './kubelets.ts';

/** The node and the rest of a path below a node's `proxy`; undefined for other paths. */
export function nodeProxyPath(path: string): { readonly nodeName: string; readonly rest: string } | undefined {
  const [, nodeName, rest = '/'] = /^\/api\/v1\/nodes\/([^/]+)\/proxy(\/.*)?$/.exec(path) ?? [];
  return nodeName === undefined ? undefined : { nodeName, rest };
}

interface ProxyCall {
  readonly nodeName: string;
  readonly rest: string;
  readonly query: URLSearchParams;
}

/** Answers with what a node's kubelet answers, for reading. Rejects with `StatusError`. */
export async function proxyToNode(
  { nodeName, rest, query }: ProxyCall,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  kubelets: Kubelets,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
  const left = new AbortController();
  response.once('close', () => left.abort());
  const path = query.size === 0 ? rest : `${rest}?${query.toString()}`;
  try {
    const { statusCode, headers, body } = await kubelets.call(nodeName, { path, signal: left.signal });
    const type = headers['content-type'];
    response.writeHead(statusCode, { 'Content-Type': typeof type === 'string' ? type : 'text/plain' });
    await pipeline(body, response, { signal: left.signal });
  } catch (error) {
    // A client that left hears nothing.
    if (isAbort(error) || left.signal.aborted) return;
    throw error;
  }
}
