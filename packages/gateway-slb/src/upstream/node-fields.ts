import type { OutgoingHttpHeaders } from 'node:http2';
import { isPassableTrailer } from '../http/trailers.ts';

/** What HTTP/2 has no use for (RFC 9113, section 8.2.2). */
const connectionSpecific: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What Node sends once at most. */
const single: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
]);

const token = /^[\w!#$%&'*+.^`|~-]+$/;
/** What HTTP/2 forbids, and what goes into no byte. */
const unwritable = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Adds headers (name, value, name, value…) to those Node is to send, without what concerns one connection only. Throws at what
 * is no header.
 */
export function addFields(fields: OutgoingHttpHeaders, list: readonly string[]): void {
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = (list[i] ?? '').toLowerCase();
    const value = list[i + 1] ?? '';
    if (connectionSpecific.has(name)) continue;
    if (!token.test(name) || unwritable.test(value))
      throw new Error(`header ${JSON.stringify(name)} cannot be written`);
    addField(fields, name, value);
  }
}

function addField(fields: OutgoingHttpHeaders, name: string, value: string): void {
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (name === 'cookie') fields[name] = `${String(before)}; ${value}`;
  else if (!single.has(name)) fields[name] = [...(Array.isArray(before) ? before : [String(before)]), value];
  else if (before !== value) throw new Error(`header ${JSON.stringify(name)} is there twice`);
}

/** Trailers for Node to send; what is none, or is there twice, is left out. */
export function trailerFields(list: readonly string[]): OutgoingHttpHeaders {
  const fields: OutgoingHttpHeaders = {};
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = (list[i] ?? '').toLowerCase();
    const value = list[i + 1] ?? '';
    const passes = isPassableTrailer(name) && token.test(name) && !unwritable.test(value);
    if (passes && !(single.has(name) && name in fields)) addField(fields, name, value);
  }
  return fields;
}

/** Raw headers as Node gives them (name, value, name, value…), without those of the protocol itself. */
export function ordinaryFields(raw: readonly string[]): string[] {
  const fields: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (!name.startsWith(':')) fields.push(name, raw[i + 1] ?? '');
  }
  return fields;
}
