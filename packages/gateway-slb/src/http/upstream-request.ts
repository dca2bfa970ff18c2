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

/** A request that was made of a head, and for whom. */
export interface MadeRequest {
  readonly forward: Forward;
  readonly peer: Peer;
  readonly request: UpstreamRequest;
}

/** As many as a split of traffic has parts, as a rule. */
const mostMade = 4;

/** The request an instance is sent. Of a head that is used again, one without a body is made once. */
export function upstreamRequest(parts: RequestParts): UpstreamRequest {
  const { head, forward, peer } = parts;
  const made = parts.downstream.body ? undefined : head.requests;
  if (made) for (const each of made) if (each.forward === forward && each.peer === peer) return each.request;
  const request = makeRequest(parts);
  if (made) {
    // Those for routes that are no more make room for those for new ones.
    if (made.length === mostMade) made.shift();
    made.push({ forward, peer, request });
  }
  return request;
}

function makeRequest({ head, path, forward, peer, downstream }: RequestParts): UpstreamRequest {
  const { body } = downstream;
  const { method, contentLength, expectsContinue } = head;
  return {
    method,
    path,
    headers: upstreamHeaders(head, forward, peer),
    body,
    contentLength,
    expectsContinue: expectsContinue && body !== undefined,
    lines: undefined,
    fields: undefined,
  };
}
