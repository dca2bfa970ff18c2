import { endOfTarget, endOfToken } from '../http1/fields.ts';
import { isMethod } from '../http1/request-parser.ts';
import { type RequestHead, readRequestHead } from '../http/request-head.ts';
import { isSound } from './fields.ts';

/** The pseudo-headers of requests; those of extensions, none of which is offered, are not among them. */
const pseudoNames: ReadonlySet<string> = new Set([':method', ':scheme', ':authority', ':path']);
const scheme = /^[A-Za-z][\d+.A-Za-z-]*$/;

type Pseudo = ReadonlyMap<string, string>;

/**
 * Reads the head of a request over HTTP/2 (RFC 9113, sections 8.2, 8.3 and 8.5). Cookies are one line again, and `:authority` stands for
 * `Host`, with which it must agree. Undefined if it is malformed: then no server may make anything of it.
 */
export function readStreamHead(fields: readonly string[]): RequestHead | undefined {
  const list: string[] = [];
  const pseudo = new Map<string, string>();
  let host: string | undefined;
  let cookie: string | undefined;
  let isPseudo = true;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] ?? '';
    const value = fields[i + 1] ?? '';
    if (name.charCodeAt(0) === 0x3a) {
      if (!isPseudo || !pseudoNames.has(name) || pseudo.has(name)) return undefined;
      pseudo.set(name, value);
      continue;
    }
    isPseudo = false;
    if (!isSound(name, value)) return undefined;
    if (name === 'host') host = host === undefined ? value : `${host},${value}`;
    else if (name === 'cookie') cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    else list.push(name, value);
  }
  if (!isWhole(pseudo)) return undefined;
  const authority = pseudo.get(':authority');
  if (authority === '' || host === '') return undefined;
  if (cookie !== undefined) list.push('cookie', cookie);
  const named = authority ?? host;
  if (named !== undefined) list.push('host', named);
  const head = readRequestHead(list);
  head.method = pseudo.get(':method') ?? '';
  head.target = pseudo.get(':path') ?? '';
  if (!isMethod(head.method)) head.fault ??= { status: 501, text: 'method not supported' };
  if (endOfTarget(head.target, 0) !== head.target.length) head.fault ??= { status: 400, text: 'bad request target' };
  if (named === undefined) head.fault ??= { status: 400, text: 'no host' };
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    head.fault ??= { status: 400, text: 'Host and :authority differ' };
  }
  return head;
}

/** None of them is missing or empty, nor one too many. */
function isWhole(pseudo: Pseudo): boolean {
  const method = pseudo.get(':method') ?? '';
  if (method === '' || endOfToken(method, 0) !== method.length) return false;
  const path = pseudo.get(':path');
  if (method === 'CONNECT') return path === undefined && !pseudo.has(':scheme') && Boolean(pseudo.get(':authority'));
  if (path === undefined || !scheme.test(pseudo.get(':scheme') ?? '')) return false;
  return path.startsWith('/') || (path === '*' && method === 'OPTIONS');
}
