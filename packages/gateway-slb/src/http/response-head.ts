/** A response's head, ready to be passed on. */
export interface ResponseHead {
  /** Name, value, name, value… as the instance sent them, hop-by-hop ones left out. */
  readonly headers: string[];
  /** Announced by Content-Length: how much is to come is known. */
  readonly sized: boolean;
}

/** Statuses of responses that have no body, whatever their headers say. */
export const bodiless: ReadonlySet<number> = new Set([204, 304]);

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'transfer-encoding',
  'upgrade',
  'trailer',
]);

const usual = /^(?:close|keep-alive)$/i;

/** Reads raw headers: strings, or the bytes of Latin-1 text. */
export function readResponseHead(raw: readonly (string | Buffer)[]): ResponseHead {
  const headers: string[] = [];
  let connection: string | undefined;
  let sized = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = textOf(raw[i]);
    const value = textOf(raw[i + 1]);
    const lower = name.toLowerCase();
    if (lower === 'connection') connection = value;
    if (hopByHop.has(lower)) continue;
    if (lower === 'content-length') sized = true;
    headers.push(name, value);
  }
  if (connection !== undefined && !usual.test(connection)) dropNamed(headers, connection);
  return { headers, sized };
}

/** What stands behind a body may not say anew how long it is, or where it goes (RFC 9110, section 6.5.1). */
const neverTrailers: ReadonlySet<string> = new Set([
  ...hopByHop,
  'content-length',
  'host',
  'te',
  'knative-serving-revision',
  'knative-serving-namespace',
]);

/** Trailers as Node wants them: a list of pairs. */
export function trailerPairs(raw: readonly (string | Buffer)[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = textOf(raw[i]);
    if (!neverTrailers.has(name.toLowerCase())) pairs.push([name, textOf(raw[i + 1])]);
  }
  return pairs;
}

function dropNamed(headers: string[], connection: string): void {
  const named = new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  named.delete('content-length');
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (named.has((headers[i] ?? '').toLowerCase())) headers.splice(i, 2);
  }
}

function textOf(part: string | Buffer | undefined): string {
  return typeof part === 'string' ? part : (part?.toString('latin1') ?? '');
}
