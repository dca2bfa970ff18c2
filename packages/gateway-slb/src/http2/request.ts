import { endOfTarget } from '../http1/fields.ts';
import { type RequestHead, readRequestHead } from '../http/request-head.ts';

/**
 * Reads the head of a request over HTTP/2 from raw headers as Node gives them. Their order, that none is missing or twice, and that
 * none concerns only a connection, nghttp2 has seen to (RFC 9113, sections 8.2 and 8.3). Cookies are one line again, and
 * `:authority` stands for `Host`, with which it must agree.
 */
export function readStreamHead(raw: readonly string[]): RequestHead {
  const list: string[] = [];
  const pseudo: Record<string, string> = {};
  let host: string | undefined;
  let cookie: string | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    if (name.startsWith(':')) pseudo[name] = value;
    else if (name === 'host') host = host === undefined ? value : `${host},${value}`;
    else if (name === 'cookie') cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    else list.push(name, value);
  }
  const { ':method': method = '', ':path': path = '', ':authority': authority } = pseudo;
  if (cookie !== undefined) list.push('cookie', cookie);
  const named = authority ?? host;
  if (named !== undefined) list.push('host', named);
  const head = readRequestHead(list);
  head.method = method;
  head.target = path;
  // nghttp2 lets a fragment pass, which HTTP/1.1 would have no place for.
  if (endOfTarget(path, 0) !== path.length) head.fault ??= { status: 400, text: 'bad request target' };
  if (named === undefined) head.fault ??= { status: 400, text: 'no host' };
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
    head.fault ??= { status: 400, text: 'Host and :authority differ' };
  }
  return head;
}
