import type { Forward } from '@ebb/router';
import type { UpstreamRequest } from '../upstream/call.ts';
import type { Peer, RequestBody } from './downstream.ts';
import type { RequestHead } from './request-head.ts';
import { upstreamHeaders } from './upstream-headers.ts';

/** What a request for an instance is made of. */
export interface RequestParts {
  readonly head: RequestHead;
  readonly path: string;
  readonly forward: Forward;
  readonly peer: Peer;
  readonly downstream: { readonly body: RequestBody | undefined };
}

/** As many as a split of traffic has parts, as a rule. */
const mostMade = 4;

/**
 * The request an instance is sent. Of a head that is used again it is made once, but for the body, and unless headers (name, value, name,
 * value…) are `replaced` in it.
 */
export function upstreamRequest(parts: RequestParts, replaced: readonly string[] = []): UpstreamRequest {
  const { body } = parts.downstream;
  const request = replaced.length > 0 ? makeRequest(parts, replaced) : requestFor(parts);
  return body ? { ...request, body } : request;
}

function requestFor(parts: RequestParts): UpstreamRequest {
  const { head, forward, peer, downstream } = parts;
  const hasBody = downstream.body !== undefined;
  const made = head.requests;
  if (!made) return makeRequest(parts);
  for (const each of made) {
    if (each.forward === forward && each.peer === peer && each.hasBody === hasBody) return each.request;
  }
  const request = makeRequest(parts);
  // Those for routes that are no more make room for those for new ones.
  if (made.length === mostMade) made.shift();
  made.push({ forward, peer, hasBody, request });
  return request;
}

function makeRequest(
  { head, path, forward, peer, downstream }: RequestParts,
  replaced: readonly string[] = [],
): UpstreamRequest {
  const { method, contentLength, expectsContinue } = head;
  return {
    method,
    path,
    headers: upstreamHeaders(head, forward, peer, replaced),
    body: undefined,
    contentLength,
    expectsContinue: expectsContinue && downstream.body !== undefined,
    written: {},
  };
}
