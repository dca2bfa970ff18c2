import { METHODS } from 'node:http';
import { type Fault, RequestHead, mayConcern } from '../http/request-head.ts';
import { type FieldVisitor, endOfTarget, endOfToken, isLineEnd, readFields } from './fields.ts';

/** A head of a request of HTTP/1.x that was understood. */
export interface ParsedRequest {
  readonly head: RequestHead;
  /** 0 or 1, of HTTP/1.0 or HTTP/1.1. */
  readonly minorVersion: number;
  /** Where the body begins, or the next request. */
  readonly end: number;
}

const methods: ReadonlySet<string> = new Set(METHODS);

/** True for a method that is known; others are not passed on. */
export function isMethod(text: string): boolean {
  return methods.has(text);
}

/** None is longer. */
const maxMethodLength = 32;

const notHttp: Fault = { status: 400, text: 'not an HTTP request' };
const unknownMethod: Fault = { status: 501, text: 'method not supported' };
const badTarget: Fault = { status: 400, text: 'bad request target' };
const badVersion: Fault = { status: 505, text: 'HTTP version not supported' };
const badHeader: Fault = { status: 400, text: 'bad header line' };
const noHost: Fault = { status: 400, text: 'no Host header' };
const chunksInOldVersion: Fault = { status: 400, text: 'Transfer-Encoding in HTTP/1.0' };

/**
 * Reads the head of a request (RFC 9112, sections 2 to 6), from Latin-1 text that begins with it. Strict: what a server might read in two
 * ways is a fault, so that nobody behind the gateway can read it in the other. A fault that leaves the framing of the request in
 * doubt, as nearly all do, is in the head if there is one, or comes instead of it.
 */
export function parseRequest(text: string, from = 0): ParsedRequest | Fault | 'incomplete' {
  const methodEnd = endOfToken(text, from);
  if (methodEnd - from > maxMethodLength) return notHttp;
  if (methodEnd >= text.length) return 'incomplete';
  if (methodEnd === from || text.charCodeAt(methodEnd) !== 0x20) return notHttp;
  const targetEnd = endOfTarget(text, methodEnd + 1);
  if (targetEnd >= text.length) return 'incomplete';
  if (targetEnd === methodEnd + 1 || text.charCodeAt(targetEnd) !== 0x20) return badTarget;
  const versionEnd = targetEnd + 9;
  if (versionEnd + 1 >= text.length) {
    return isPrefixOfVersion(text, targetEnd + 1) ? 'incomplete' : notHttp;
  }
  const version = text.slice(targetEnd + 1, versionEnd);
  if (!isLineEnd(text, versionEnd)) return notHttp;
  const minorVersion = version === 'HTTP/1.1' ? 1 : version === 'HTTP/1.0' ? 0 : undefined;
  if (minorVersion === undefined) return /^HTTP\/\d\.\d$/.test(version) ? badVersion : notHttp;
  const reader = new RequestReader();
  const { head } = reader;
  const fields = readFields(text, versionEnd + 2, reader);
  if (fields === 'incomplete') return fields;
  if (fields === 'malformed') return badHeader;
  head.method = text.slice(from, methodEnd);
  head.target = text.slice(methodEnd + 1, targetEnd);
  head.complete(fields.kept);
  if (!isMethod(head.method)) head.fault ??= unknownMethod;
  if (minorVersion === 1 && !reader.sawHost) head.fault ??= noHost;
  if (minorVersion === 0 && head.chunked) head.fault = chunksInOldVersion;
  return { head, minorVersion, end: fields.end };
}

const versionForm = 'HTTP/1.1\r\n';

function isPrefixOfVersion(text: string, at: number): boolean {
  const rest = text.slice(at);
  return versionForm.startsWith(rest) || 'HTTP/1.0\r\n'.startsWith(rest);
}

class RequestReader implements FieldVisitor {
  readonly head = new RequestHead();
  sawHost = false;

  wants(firstCode: number, length: number): boolean {
    return mayConcern(firstCode, length);
  }

  take(name: string, value: string): boolean {
    if (name.length === 4 && name.toLowerCase() === 'host') this.sawHost = true;
    return this.head.take(name, value);
  }
}
