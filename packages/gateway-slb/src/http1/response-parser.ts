import type { ResponseHead } from '../http/downstream.ts';
import { type HeaderBlock, HeaderList, withoutHeaders } from '../http/header-block.ts';
import { hopByHop, namedIn } from '../http/response-head.ts';
import { type FieldVisitor, endOfValue, isLineEnd, isOpenEnd, readFields } from './fields.ts';

/** The head of an instance's response in HTTP/1.x. */
export interface ParsedResponse extends ResponseHead {
  readonly chunked: boolean;
  /** The connection can be used again, once the body is over. */
  readonly keepAlive: boolean;
  /** Says when the instance made it. */
  readonly dated: boolean;
  /** Where the body begins, or the next head. */
  readonly end: number;
}

const names: ReadonlySet<string> = new Set([...hopByHop, 'content-length', 'date']);
const suspects = new Set([...names].map((name) => ((name.charCodeAt(0) & 31) << 5) | (name.length & 31)));
const lengthPattern = /^\d{1,15}$/;
const usual = /^(?:close|keep-alive)$/i;

/** Reads the head of a response (RFC 9112, sections 4 to 6), from Latin-1 text that begins with it. */
export function parseResponse(text: string, from = 0): ParsedResponse | 'malformed' | 'incomplete' {
  if (text.length < from + statusEnd)
    return versionForm.startsWith(text.slice(from, from + 7)) ? 'incomplete' : 'malformed';
  const minor = text.charCodeAt(from + 7) - 0x30;
  const status = statusAt(text, from + 9);
  if (!text.startsWith(versionForm, from) || minor >>> 1 !== 0 || text.charCodeAt(from + 8) !== 0x20 || status === 0) {
    return 'malformed';
  }
  // Some leave out the blank with the words.
  const hasText = text.charCodeAt(from + statusEnd) === 0x20;
  const lineEnd = hasText ? endOfValue(text, from + statusEnd + 1) : from + statusEnd;
  if (lineEnd + 1 >= text.length) return isOpenEnd(text, lineEnd) ? 'incomplete' : 'malformed';
  if (!isLineEnd(text, lineEnd)) return 'malformed';
  const reader = new ResponseReader();
  const fields = readFields(text, lineEnd + 2, reader);
  if (typeof fields === 'string') return fields;
  if (reader.malformed || (reader.chunked && (reader.contentLength !== undefined || minor === 0))) return 'malformed';
  const { connection, contentLength, chunked, dated } = reader;
  return {
    status,
    statusText: hasText ? text.slice(from + statusEnd + 1, lineEnd) : '',
    contentLength,
    chunked,
    dated,
    keepAlive: connection === undefined ? minor === 1 : staysOpen(connection, minor === 1),
    headers: passable(fields.kept, status, reader),
    lines: undefined,
    fields: undefined,
    end: fields.end,
  };
}

const versionForm = 'HTTP/1.';
/** Where the status ends. */
const statusEnd = 12;

/** The three digits of a status; 0 if there is none. */
function statusAt(text: string, at: number): number {
  let status = 0;
  for (let i = at; i < at + 3; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return 0;
    status = status * 10 + digit;
  }
  return status >= 100 ? status : 0;
}

function staysOpen(connection: string, persistent: boolean): boolean {
  if (/\bclose\b/i.test(connection)) return false;
  return persistent || /\bkeep-alive\b/i.test(connection);
}

/** Leaves out what `Connection` names, and a length where nothing can follow (RFC 9110, section 8.6). */
function passable(kept: HeaderBlock, status: number, { connection, contentLength }: ResponseReader): HeaderBlock {
  const hasUsual = connection === undefined || usual.test(connection);
  const isLengthless = contentLength !== undefined && (status < 200 || status === 204);
  if (hasUsual && !isLengthless) return kept;
  const named = new Set(connection === undefined ? [] : namedIn(connection));
  if (isLengthless) named.add('content-length');
  return new HeaderList(withoutHeaders(kept.list(), named));
}

class ResponseReader implements FieldVisitor {
  contentLength: number | undefined;
  connection: string | undefined;
  chunked = false;
  dated = false;
  malformed = false;

  wants(firstCode: number, length: number): boolean {
    return suspects.has(((firstCode & 31) << 5) | (length & 31));
  }

  take(name: string, value: string): boolean {
    const lower = name.toLowerCase();
    switch (lower) {
      case 'content-length':
        // Nobody can tell which of two lengths holds.
        if (this.contentLength !== undefined || !lengthPattern.test(value)) this.malformed = true;
        this.contentLength = Number(value);
        return true;
      case 'transfer-encoding':
        if (this.chunked || value.toLowerCase() !== 'chunked') this.malformed = true;
        this.chunked = true;
        return false;
      case 'connection':
        this.connection = this.connection === undefined ? value : `${this.connection},${value}`;
        return false;
      case 'date':
        this.dated = true;
        return true;
      default:
        return !names.has(lower);
    }
  }
}
