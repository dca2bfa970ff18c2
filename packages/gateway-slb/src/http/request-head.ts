/** What a gateway reads from the head of a request, in one pass over its raw headers. */
export interface RequestHead {
  /** The `Host` header; empty if there is none. */
  readonly host: string;
  /** What is to be passed on, as sent: name, value, name, value… without `Host`, hop-by-hop headers, and those the inside trusts. */
  readonly headers: string[];
  readonly contentLength: string | undefined;
  readonly chunked: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  readonly upgrade: string | undefined;
  /** `K-Network-Probe` and `K-Network-Hash`. */
  readonly probe: string | undefined;
  readonly hash: string | undefined;
  readonly forwarded: boolean;
  readonly forwardedFor: string | undefined;
  readonly forwardedHost: string | undefined;
  /** Why the request must be refused: status and text. */
  readonly fault: Fault | undefined;
}

export interface Fault {
  readonly status: 400 | 501;
  readonly text: string;
}

/** Letters, digits and the rest of what RFC 3986 allows in an authority, without user information. */
const hostPattern = /^(?:[\w.~!$&'()*+,;=%-]*|\[[\da-fA-F:.]+\])(?::\d*)?$/;

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

class Reader implements RequestHead {
  host = '';
  readonly headers: string[] = [];
  contentLength: string | undefined;
  chunked = false;
  expectsContinue = false;
  upgrade: string | undefined;
  probe: string | undefined;
  hash: string | undefined;
  forwarded = false;
  forwardedFor: string | undefined;
  forwardedHost: string | undefined;
  fault: Fault | undefined;
  connection: string | undefined;
  #hosts = 0;

  take(name: string, value: string): void {
    switch (name.toLowerCase()) {
      case 'host':
        this.host = value;
        if (++this.#hosts > 1 || !hostPattern.test(value)) this.fault = { status: 400, text: 'bad Host header' };
        return;
      case 'connection':
        this.connection = this.connection === undefined ? value : `${this.connection},${value}`;
        return;
      case 'transfer-encoding':
        this.#takeTransferEncoding(value);
        return;
      case 'content-length':
        this.contentLength = value;
        return;
      case 'expect':
        this.expectsContinue = value.toLowerCase() === '100-continue';
        return;
      case 'upgrade':
        this.upgrade = value;
        return;
      case 'te':
        if (/\btrailers\b/i.test(value)) this.headers.push(name, 'trailers');
        return;
      case 'k-network-probe':
        this.probe = value;
        return;
      case 'k-network-hash':
        this.hash = value;
        return;
      case 'x-forwarded-for':
        this.forwardedFor = this.forwardedFor === undefined ? value : `${this.forwardedFor}, ${value}`;
        return;
      case 'x-forwarded-host':
        this.forwardedHost ??= value;
        this.headers.push(name, value);
        return;
      case 'forwarded':
        this.forwarded = true;
        this.headers.push(name, value);
        return;
      // Hop by hop, or set anew by the gateway.
      case 'keep-alive':
      case 'proxy-connection':
      case 'proxy-authenticate':
      case 'proxy-authorization':
      case 'http2-settings':
      case 'trailer':
      case 'x-forwarded-proto':
      // The inside believes these, so nobody outside may send them.
      case 'knative-serving-revision':
      case 'knative-serving-namespace':
      case 'k-original-host':
      case 'k-proxy-request':
      case 'k-passthrough-lb':
      case 'k-kubelet-probe':
        return;
      default:
        this.headers.push(name, value);
    }
  }

  #takeTransferEncoding(value: string): void {
    if (this.chunked || value.trim().toLowerCase() !== 'chunked') {
      this.fault = { status: 501, text: 'transfer encoding not supported' };
    }
    this.chunked = true;
  }
}

/** Reads raw headers as Node gives them: name, value, name, value… */
export function readRequestHead(rawHeaders: readonly string[]): RequestHead {
  const reader = new Reader();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) reader.take(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  if (reader.chunked && reader.contentLength !== undefined) {
    reader.fault = { status: 400, text: 'both Content-Length and Transfer-Encoding' };
  }
  if (reader.connection !== undefined) dropNamed(reader.headers, reader.connection);
  return reader;
}

/** Takes out the headers that `Connection` names. */
function dropNamed(headers: string[], connection: string): void {
  const named = new Set<string>();
  for (const token of connection.toLowerCase().split(',')) {
    const name = token.trim();
    if (!connectionDefaults.has(name) && !neverHopByHop.has(name)) named.add(name);
  }
  if (named.size > 0) removeHeaders(headers, named);
}

/** Takes out all headers of these lower-case names, in place. */
export function removeHeaders(headers: string[], names: ReadonlySet<string>): void {
  let kept = 0;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    if (names.has(name.toLowerCase())) continue;
    headers[kept] = name;
    headers[kept + 1] = headers[i + 1] ?? '';
    kept += 2;
  }
  headers.length = kept;
}
