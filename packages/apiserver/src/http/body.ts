import type { IncomingMessage } from 'node:http';
import { StatusError } from '@ebb/api';
import { gatherBody, messageOf } from '@ebb/base';
import { parse as parseYaml } from 'yaml';
import { decodeKubernetesProtobuf, kubernetesProtobuf } from '../protobuf/decode.ts';
import { badRequest } from '../rest/errors.ts';

/** Most bytes of a body; what etcd and Kubernetes allow. */
const maxBytes = 3 * 1024 * 1024;
/** Deepest nesting of a body: far above any manifest, far below what exhausts the stack. */
const maxDepth = 500;

/** Reads the body of a request. Throws `StatusError` (`RequestEntityTooLarge`) beyond 3 MiB. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return gatherBody(request, { maxBytes, tooMuch: tooLarge });
}

function tooLarge(): StatusError {
  return new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${maxBytes}`);
}

/**
 * The value in a body of JSON, YAML or Kubernetes' protocol buffers, which should be of that kind. Throws `UnsupportedMediaType` for other content types, `BadRequest` for a body
 * that is not what it says or is nested too deeply.
 */
export function parseBody(body: Buffer, contentType: string | undefined, kind?: string): unknown {
  try {
    return parseAs(body, mediaTypeOf(contentType));
  } catch (error) {
    if (kind === undefined || !(error instanceof StatusError) || !error.message.startsWith("couldn't get")) throw error;
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${error.message}`);
  }
}

function parseAs(body: Buffer, type: string): unknown {
  if (type === '' || type === 'application/json') return parseJson(body);
  if (type === 'application/yaml') return parseYamlOrJson(body);
  if (type === kubernetesProtobuf) return decodeKubernetesProtobuf(body);
  throw new StatusError(
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}

/** A media type without its parameters, in lower case. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The value in a body of JSON. Keys named `__proto__` are dropped. */
export function parseJson(body: Buffer): unknown {
  const text = body.toString('utf8');
  try {
    requireShallow(body);
    return text.includes('__proto__') ? JSON.parse(text, dropPrototype) : JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${messageOf(error)} (${summaryOf(body)})`);
  }
}

/** The value in a body of YAML, of which JSON is a part. */
export function parseYamlOrJson(body: Buffer): unknown {
  if (looksLikeJson(body)) return parseJson(body);
  try {
    const value: unknown = parseYaml(body.toString('utf8'), { maxAliasCount: 100, schema: 'core', merge: true });
    // Through text once more: no shared parts, no dates, no other surprises, and the depth is checked.
    return parseJson(Buffer.from(JSON.stringify(value ?? null)));
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(`error converting YAML to JSON: yaml: ${messageOf(error).split(/:?\n/, 1)[0] ?? ''}`);
  }
}

/** JSON as programs write it: in YAML's own flow style keys have no quotes. */
export function looksLikeJson(body: Buffer): boolean {
  return /^\s*(?:\{\s*["}]|\[)/.test(body.subarray(0, 64).toString('latin1'));
}

function dropPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = Buffer.from('"\\{}[]');

/** Throws if brackets nest too deeply; runs over bytes because nothing else may see a body before this has. */
function requireShallow(body: Buffer): void {
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === quote) i = endOfString(body, i);
    else if (byte === openBrace || byte === openBracket) {
      if (++depth > maxDepth) throw new Error('exceeded max depth');
    } else if (byte === closeBrace || byte === closeBracket) depth--;
  }
}

function endOfString(body: Buffer, start: number): number {
  let i = start + 1;
  while (i < body.length && body[i] !== quote) i += body[i] === backslash ? 2 : 1;
  return i;
}

function summaryOf(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const start = body.subarray(0, 30);
  const text = body[0] === openBrace ? start.toString('utf8') : start.toString('hex');
  return body.length > 30 ? `${text} ...` : text;
}
