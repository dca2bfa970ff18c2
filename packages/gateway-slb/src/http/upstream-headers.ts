import type { Forward } from '@ebb/router';
import type { Peer } from './downstream.ts';
import { forwardedHeader } from './forwarded.ts';
import { type HeaderBlock, linesOf, withoutHeaders } from './header-block.ts';
import type { RequestHead } from './request-head.ts';
import { passableNames } from './trailers.ts';

/**
 * The headers an instance gets: the client's, and over them what says who asked, what the Ingress sets, and those that are `replaced`
 * (name, value, name, value…). `Host` comes first.
 */
export function upstreamHeaders(
  head: RequestHead,
  forward: Forward,
  peer: Peer,
  replaced: readonly string[] = [],
): HeaderBlock {
  return new UpstreamHeaders(head, forward, peer, replaced);
}

class UpstreamHeaders implements HeaderBlock {
  readonly #head: RequestHead;
  readonly #forward: Forward;
  readonly #peer: Peer;
  /** What takes the place of headers of the client's. */
  readonly #set: readonly string[];

  constructor(head: RequestHead, forward: Forward, peer: Peer, replaced: readonly string[]) {
    this.#head = head;
    this.#forward = forward;
    this.#peer = peer;
    this.#set = replaced.length > 0 ? [...forward.setHeaders, ...replaced] : forward.setHeaders;
  }

  list(): string[] {
    const set = this.#set;
    const passed = this.#head.headers.list();
    const kept = set.length > 0 ? withoutHeaders(passed, namesOf(set)) : passed;
    return ['Host', this.#host(), ...kept, ...set, ...this.#added()];
  }

  text(): string {
    if (this.#set.length > 0) return linesOf(this.list());
    const { forwardedFor, forwardedHost, forwarded, takesTrailers, announcedTrailers } = this.#head;
    const isAlone = forwardedFor === undefined && forwardedHost === undefined && !forwarded;
    const usual = isAlone && !takesTrailers && announcedTrailers === undefined;
    const added = usual ? linesOfPeer(this.#peer) : linesOf(this.#added());
    return `Host: ${this.#host()}\r\n${this.#head.headers.text()}${added}`;
  }

  #host(): string {
    return this.#forward.rewriteHost ?? this.#head.host;
  }

  #added(): string[] {
    const { forwardedFor, forwardedHost, forwarded, takesTrailers, announcedTrailers } = this.#head;
    const { address, proto } = this.#peer;
    const addresses = forwardedFor ? `${forwardedFor}, ${address}` : address;
    const added = ['X-Forwarded-For', addresses, 'X-Forwarded-Proto', proto];
    if (!forwarded) added.push('Forwarded', forwardedHeader(addresses, proto, forwardedHost));
    if (takesTrailers) added.push('TE', 'trailers');
    // Go's servers of HTTP/2 pass over trailers that were not announced.
    const trailers =
      announcedTrailers !== undefined && this.#mayHaveTrailers ? passableNames(announcedTrailers) : undefined;
    if (trailers !== undefined) added.push('Trailer', trailers);
    return added;
  }

  get #mayHaveTrailers(): boolean {
    const { chunked, contentLength } = this.#head;
    return chunked || (this.#peer.protocol === 'HTTP/2.0' && contentLength === undefined);
  }
}

/** The lines about a client that is the first to send the request: the same for all that come on its connection. */
const peerLines = new WeakMap<Peer, string>();

function linesOfPeer(peer: Peer): string {
  const known = peerLines.get(peer);
  if (known !== undefined) return known;
  const { address, proto } = peer;
  const forwarded = forwardedHeader(address, proto, undefined);
  const lines = linesOf(['X-Forwarded-For', address, 'X-Forwarded-Proto', proto, 'Forwarded', forwarded]);
  peerLines.set(peer, lines);
  return lines;
}

function namesOf(headers: readonly string[]): ReadonlySet<string> {
  return new Set(headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
}
