import { STATUS_CODES } from 'node:http';
import type { ResponseHead } from '../http/downstream.ts';
import { readResponseHead } from '../http/response-head.ts';
import { soundFields } from './fields.ts';

const lengthPattern = /^\d{1,15}$/;

/** Reads the head of a response over HTTP/2 (RFC 9113, sections 8.2 and 8.3.2). Undefined if it is malformed. */
export function readResponseFields(fields: readonly string[]): ResponseHead | undefined {
  const [name, status = ''] = fields;
  if (name !== ':status' || !/^[1-9]\d\d$/.test(status)) return undefined;
  const list = soundFields(fields.slice(2));
  if (!list || !hasOneLength(list)) return undefined;
  return readResponseHead(Number(status), STATUS_CODES[status] ?? '', list);
}

/** Nobody can tell which of two lengths holds. */
function hasOneLength(list: readonly string[]): boolean {
  const lengths = list.filter((_, index) => index % 2 === 1 && list[index - 1] === 'content-length');
  return lengths.length === 0 || (lengths.length === 1 && lengthPattern.test(lengths[0] ?? ''));
}
