import type { ServerResponse } from 'node:http';
import { type Status, StatusError } from '@ebb/api';
import { type Logger, messageOf } from '@ebb/base';
import { stringify } from 'yaml';
import { kubernetesProtobuf } from '../protobuf/decode.ts';
import { encodeKubernetesProtobuf } from '../protobuf/encode.ts';
import type { JsonObject } from '../schema/json.ts';
import type { Encoding } from './negotiate.ts';

/** Most `Warning` headers, and most characters in all of them, as Kubernetes has it. */
const maxWarningLength = 4096;

/** What is true of objects now is not to be kept by proxies. */
export const neverCached = { 'Cache-Control': 'no-cache, private' } as const;

/** Adds `Warning` headers; quotes and control characters are escaped. */
export function addWarnings(response: ServerResponse, warnings: readonly string[]): void {
  let room = maxWarningLength;
  for (const text of new Set(warnings)) {
    room -= text.length;
    if (room < 0) return;
    response.appendHeader('Warning', `299 - "${quoted(text)}"`);
  }
}

function quoted(text: string): string {
  // Headers carry Latin-1 only.
  return text.replaceAll(/[^\x20-\x7e]/g, ' ').replaceAll(/["\\]/g, '\\$&');
}

/** Content types of the media that objects are answered in. */
export const contentTypes: Readonly<Record<Encoding['media'], string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: kubernetesProtobuf,
};

function encodeJson(json: string, media: Encoding['media']): Buffer {
  if (media === 'json') return Buffer.from(`${json}\n`);
  const value = JSON.parse(json) as JsonObject;
  return media === 'yaml' ? Buffer.from(stringify(value)) : encodeKubernetesProtobuf(value);
}

/** Answers with a text that is JSON already. */
export function sendJson(
  response: ServerResponse,
  code: number,
  json: string,
  media: Encoding['media'] = 'json',
): void {
  const body = encodeJson(json, media);
  response.writeHead(code, {
    'Content-Type': contentTypes[media],
    ...neverCached,
    'Content-Length': body.length,
  });
  response.end(body);
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  const body = Buffer.from(text);
  response.writeHead(code, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    ...neverCached,
    'Content-Length': body.length,
  });
  response.end(body);
}

/** Answers with the Status of an error; errors that are no `StatusError` are ours, logged, and shown as 500. */
export function sendError(response: ServerResponse, error: unknown, logger: Logger): void {
  const known = statusErrorOf(error, logger);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retry = known.details?.retryAfterSeconds;
  if (retry !== undefined) response.setHeader('Retry-After', retry);
  sendJson(response, known.code, JSON.stringify(statusOf(known)));
}

/** What went wrong as a `StatusError`. */
export function statusErrorOf(error: unknown, logger: Logger): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof RangeError && error.message.includes('call stack'))
    return new StatusError('BadRequest', 'the object is nested too deeply');
  logger.error(
    { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined },
    'a request failed',
  );
  return new StatusError('InternalError', `Internal error occurred: ${messageOf(error)}`);
}

/** The Status of an error, without what is empty. */
export function statusOf(error: StatusError): Status {
  const { reason, details, ...status } = error.toStatus();
  return {
    ...status,
    ...(reason ? { reason } : {}),
    ...(details ? { details: withoutEmpty(details) } : {}),
  };
}

function withoutEmpty<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== '' && value !== undefined)) as T;
}
