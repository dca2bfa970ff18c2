import { isBlank, trimBlanks } from '../http/header-block.ts';
import { isPassableTrailer } from '../http/trailers.ts';

/** What HTTP/2 has no use for (RFC 9113, section 8.2.2). */
const connectionSpecific: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** What is not passed on either: it concerns one connection only. */
const hopByHop: ReadonlySet<string> = new Set([...connectionSpecific, 'http2-settings', 'te']);

const lowerToken = /^[\da-z!#$%&'*+.^_`|~-]+$/;
/** What may stand in no value, and what goes into no byte. */
const unwritable = /[^\t\x20-\x7e\x80-\xff]/;

const beginsOrEndsBlank = (value: string): boolean =>
  isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1));

/** True for a field that may come over HTTP/2 in a message, but for a pseudo-header (RFC 9113, sections 8.2.1 and 8.2.2). */
export function isSound(name: string, value: string): boolean {
  if (!lowerToken.test(name) || unwritable.test(value) || beginsOrEndsBlank(value)) return false;
  return name === 'te' ? value.toLowerCase() === 'trailers' : !connectionSpecific.has(name);
}

/** The same for trailers, all of them: nothing in them may say anew how long the message is. */
export function areSoundTrailers(list: readonly string[]): boolean {
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i] ?? '';
    if (name === 'content-length' || !isSound(name, list[i + 1] ?? '')) return false;
  }
  return true;
}

/**
 * The fields of an instance, without blanks around values: apps let them through in what they say of errors, and HTTP/1.1 does not mind
 * them either. Undefined if they are malformed otherwise.
 */
export function soundFields(list: readonly string[]): readonly string[] | undefined {
  let fields = list;
  for (let i = 0; i + 1 < list.length; i += 2) {
    const value = list[i + 1] ?? '';
    const trimmed = beginsOrEndsBlank(value) ? trimBlanks(value) : value;
    if (!isSound(list[i] ?? '', trimmed)) return undefined;
    if (trimmed !== value) fields = fields.with(i + 1, trimmed);
  }
  return fields;
}

/**
 * Adds headers (name, value, name, value…) to those to be sent, names in small letters, without what concerns one connection only. Throws
 * at what is no header.
 */
export function addFields(fields: string[], list: readonly string[]): string[] {
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = (list[i] ?? '').toLowerCase();
    const value = list[i + 1] ?? '';
    if (hopByHop.has(name)) continue;
    if (!lowerToken.test(name) || unwritable.test(value))
      throw new Error(`header ${JSON.stringify(name)} cannot be written`);
    fields.push(name, beginsOrEndsBlank(value) ? trimBlanks(value) : value);
  }
  return fields;
}

const none: readonly string[] = [];

/** Trailers as they are sent; what may not be one is left out. */
export function trailerFields(list: readonly string[]): readonly string[] {
  if (list.length === 0) return none;
  const fields: string[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = (list[i] ?? '').toLowerCase();
    const value = list[i + 1] ?? '';
    if (isPassableTrailer(name) && isSound(name, value)) fields.push(name, value);
  }
  return fields;
}
