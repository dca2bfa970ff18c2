import type { IncomingMessage } from 'node:http';
import { gatherBody } from '@ebb/base';
import { EciError, invalidParameter, missingParameter } from './error.ts';
import type { SignedCall } from './signature.ts';

const maxBodyBytes = 4 * 1024 * 1024;

/** Everything in the request line: a volume of 60 KB of files, percent-encoded several times over. */
export const maxHeaderBytes: number = 1024 * 1024;

/** The one action of the VPC's API that is served here too. */
const vpcAction = 'DescribeVSwitches';
const vpcVersion = '2016-04-28';

/** Reads a request to its end. Throws `EciError` if it is too large, or says one thing twice. */
export async function readCall(request: IncomingMessage): Promise<SignedCall> {
  const url = new URL(request.url ?? '/', 'http://local');
  const headers = headersOf(request);
  const body = await gatherBody(request, { maxBytes: maxBodyBytes, tooMuch });
  const isForm = headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') ?? false;
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    headers,
    query: unique(url.searchParams),
    form: isForm ? unique(new URLSearchParams(body.toString('utf8'))) : new Map(),
    body,
  };
}

/** The parameters of a call, wherever they stand, and what it asks for. Throws `EciError`. */
export function actionOf(call: SignedCall): { action: string; parameters: ReadonlyMap<string, string> } {
  const parameters = new Map([...call.query, ...call.form]);
  const action = call.headers.get('x-acs-action') ?? parameters.get('Action');
  const version = call.headers.get('x-acs-version') ?? parameters.get('Version');
  if (!action) throw missingParameter('Action');
  if (!version) throw missingParameter('Version');
  if (version !== (action === vpcAction ? vpcVersion : '2018-08-08')) {
    throw new EciError('InvalidVersion', 'Only version 2018-08-08 is served.');
  }
  return { action, parameters };
}

function headersOf(request: IncomingMessage): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, values = []] of Object.entries(request.headersDistinct)) headers.set(name, values.join(','));
  return headers;
}

const tooMuch = (): EciError => new EciError('RequestEntityTooLarge', 'The body is over 4 MiB.', 413);

function unique(pairs: URLSearchParams): Map<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of pairs) {
    if (map.has(name)) throw invalidParameter(name.slice(0, 200), 'it is given twice');
    map.set(name, value);
  }
  return map;
}
