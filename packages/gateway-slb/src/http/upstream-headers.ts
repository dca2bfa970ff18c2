import type { Forward } from '@ebb/router';
import { forwardedHeader } from './forwarded.ts';
import { type RequestHead, removeHeaders } from './request-head.ts';

/** What the gateway knows of the connection a request came on. */
export interface Peer {
  readonly address: string;
  readonly proto: 'http' | 'https';
}

/**
 * The headers an instance gets: the client's own, those the Ingress sets, and who asked (data-path.md, section 6). Flat:
 * name, value, name, value… `Host` first. Uses up the head's list.
 */
export function upstreamHeaders(head: RequestHead, forward: Forward, peer: Peer): string[] {
  const { headers, forwardedFor, forwardedHost } = head;
  const { setHeaders, rewriteHost } = forward;
  if (setHeaders.length > 0) {
    removeHeaders(headers, namesOf(setHeaders));
    headers.push(...setHeaders);
  }
  const addresses = forwardedFor ? `${forwardedFor}, ${peer.address}` : peer.address;
  headers.push('X-Forwarded-For', addresses, 'X-Forwarded-Proto', peer.proto);
  if (!head.forwarded) headers.push('Forwarded', forwardedHeader(addresses, peer.proto, forwardedHost));
  headers.unshift('Host', rewriteHost ?? head.host);
  return headers;
}

function namesOf(headers: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (let i = 0; i < headers.length; i += 2) names.add((headers[i] ?? '').toLowerCase());
  return names;
}
