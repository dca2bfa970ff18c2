import { type HeaderBlock, HeaderList, dashed, withoutHeaders } from './header-block.ts';
import type { MadeRequest } from './made-request.ts';

/** Why a request cannot be taken. */
export interface Fault {
  readonly status: 400 | 405 | 414 | 431 | 501 | 505;
  readonly text: string;
}

/** Letters, digits and the rest of what RFC 3986 allows in an authority, without user information, or the comma of a list. */
const hostPattern = /^(?:[\w.~!$&'()*+;=%-]*|\[[\da-fA-F:.]+\])(?::\d*)?$/;

/** True for what may stand in `Host`, which may be empty. */
export function isHost(text: string): boolean {
  return hostPattern.test(text);
}

/** More digits would not be an exact number. */
const lengthPattern = /^\d{1,15}$/;

const connectionDefaults: ReadonlySet<string> = new Set(['keep-alive', 'close', 'upgrade', 'te', '']);

/** Named in `Connection` these stay all the same: without them the request would mean something else. */
const neverHopByHop: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'authorization',
  'cookie',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
]);

/** Codings that a client may use in good faith, as the last one, or before `chunked`. */
const knownCodings = /^(?:(?:x-)?(?:gzip|compress)|deflate)(?: ?, ?chunked)?$/i;

/** A body in a known coding cannot be read; whatever else stands there may be read by others in another way. */
function codingFault({ chunked, fault }: RequestHead, value: string): Fault {
  if (!chunked && knownCodings.test(value)) return fault ?? { status: 501, text: 'transfer encoding not supported' };
  return { status: 400, text: 'bad Transfer-Encoding header' };
}

type Taker = (head: RequestHead, value: string) => boolean | void;

/** Headers that are the gateway's business. What is true goes on to the instance as it came. */
const takers = new Map<string, Taker>(
  Object.entries({
    host: (head, value) => head.takeHost(value),
    connection: (head, value) => {
      head.connection = head.connection === undefined ? value : `${head.connection},${value}`;
    },
    'transfer-encoding': (head, value) => {
      if (head.chunked || value.toLowerCase() !== 'chunked') head.fault = codingFault(head, value);
      head.chunked = true;
    },
    'content-length': (head, value) => {
      if (head.contentLength !== undefined || !lengthPattern.test(value)) {
        head.fault ??= { status: 400, text: 'bad Content-Length header' };
      }
      head.contentLength = Number(value);
    },
    expect: (head, value) => {
      head.expectsContinue = value.toLowerCase() === '100-continue';
    },
    upgrade: (head, value) => {
      head.upgrade = head.upgrade === undefined ? value : `${head.upgrade}, ${value}`;
    },
    te: (head, value) => {
      if (/\btrailers\b/i.test(value)) head.takesTrailers = true;
    },
    trailer: (head, value) => {
      head.announcedTrailers = head.announcedTrailers === undefined ? value : `${head.announcedTrailers}, ${value}`;
    },
    'k-network-probe': (head, value) => {
      if (value !== '') head.probe = value;
    },
    'k-network-hash': (head, value) => {
      head.hash = value;
    },
    'x-forwarded-for': (head, value) => {
      head.forwardedFor = head.forwardedFor === undefined ? value : `${head.forwardedFor}, ${value}`;
    },
    'x-forwarded-host': (head, value) => {
      head.forwardedHost ??= value;
      return true;
    },
    forwarded: (head) => {
      head.forwarded = true;
      return true;
    },
    // Hop by hop, or set anew by the gateway.
    'keep-alive': drop,
    'proxy-connection': drop,
    'proxy-authenticate': drop,
    'proxy-authorization': drop,
    'http2-settings': drop,
    'x-forwarded-proto': drop,
    // The inside believes these, so nobody outside may send them.
    'knative-serving-revision': drop,
    'knative-serving-namespace': drop,
    'k-original-host': drop,
    'k-proxy-request': drop,
    'k-passthrough-lb': drop,
    'k-kubelet-probe': drop,
  } satisfies Record<string, Taker>),
);

function drop(): void {}

/** For a name's first letter and length: whether any name that is the gateway's business has them. */
const suspects = new Uint8Array(32 * 32);
for (const name of takers.keys()) suspects[suspectIndex(name.charCodeAt(0), name.length)] = 1;

function suspectIndex(firstCode: number, length: number): number {
  return ((firstCode & 31) << 5) | (length & 31);
}

/** False if a header with this first letter and length is none of the gateway's business; so the others need not be looked at. */
export function mayConcern(firstCode: number, length: number): boolean {
  return suspects[suspectIndex(firstCode, length)] === 1;
}

/** What a gateway reads from the head of a request, in whatever version of HTTP. */
export class RequestHead {
  method = '';
  /** As sent: a path, a whole URL, or `*`. */
  target = '';
  /** The `Host` header, or what stands for it; empty if there is none. */
  host = '';
  contentLength: number | undefined;
  chunked = false;
  /** The client waits for `100 Continue` before it sends the body. */
  expectsContinue = false;
  upgrade: string | undefined;
  connection: string | undefined;
  takesTrailers = false;
  /** Names of those behind the body, as `Trailer` has them. */
  announcedTrailers: string | undefined;
  /** `K-Network-Probe` and `K-Network-Hash`. */
  probe: string | undefined;
  hash: string | undefined;
  forwarded = false;
  forwardedFor: string | undefined;
  forwardedHost: string | undefined;
  /** Why the request must be refused. */
  fault: Fault | undefined;
  /** What goes on to the instance as it came: without `Host`, hop-by-hop headers, and those the inside trusts. */
  headers: HeaderBlock = none;
  /** Requests for instances that were made of it; undefined if it will not be used again. */
  requests: MadeRequest[] | undefined;
  #hosts = 0;

  /** Takes note of a header. True if it goes on to the instance as it is. */
  take(name: string, value: string): boolean {
    const lower = name.toLowerCase();
    const taker = takers.get(lower);
    return taker ? taker(this, value) === true : !takers.has(dashed(lower));
  }

  takeHost(value: string): void {
    this.host = value;
    if (++this.#hosts > 1 || !isHost(value)) this.fault ??= { status: 400, text: 'bad Host header' };
  }

  /** To be called when all headers were taken, with those that go on. */
  complete(headers: HeaderBlock): void {
    if (this.chunked && this.contentLength !== undefined) {
      this.fault = { status: 400, text: 'both Content-Length and Transfer-Encoding' };
    }
    const named = this.connection === undefined ? undefined : namedIn(this.connection);
    this.headers = named ? new HeaderList(withoutHeaders(headers.list(), named)) : headers;
  }

  /** The client says so in `Connection`; lower-case. */
  asksFor(option: 'close' | 'keep-alive' | 'upgrade'): boolean {
    const { connection } = this;
    return connection !== undefined && (connection === option || tokensOf(connection).includes(option));
  }

  /** The value of a header with this lower-case name that goes on to the instance; several are joined. */
  header(name: string): string | undefined {
    const list = this.headers.list();
    let found: string | undefined;
    for (let i = 0; i + 1 < list.length; i += 2) {
      if (list[i]?.toLowerCase() === name) found = found === undefined ? list[i + 1] : `${found}, ${list[i + 1]}`;
    }
    return found;
  }
}

const none = new HeaderList([]);

function tokensOf(connection: string): string[] {
  return connection
    .toLowerCase()
    .split(',')
    .map((token) => token.trim());
}

/** The headers that `Connection` says are for this hop only; undefined if it names none. */
function namedIn(connection: string): ReadonlySet<string> | undefined {
  if (connection === 'keep-alive' || connection === 'close') return undefined;
  const named = tokensOf(connection).filter((name) => !connectionDefaults.has(name) && !neverHopByHop.has(name));
  return named.length > 0 ? new Set(named) : undefined;
}

/** Reads a head whose headers are a list: name, value, name, value… */
export function readRequestHead(list: readonly string[]): RequestHead {
  const head = new RequestHead();
  const kept: string[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] ?? '';
    const value = list[i + 1] ?? '';
    if (head.take(name, value)) kept.push(name, value);
  }
  head.complete(new HeaderList(kept));
  return head;
}
