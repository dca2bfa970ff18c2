import { createHash, createHmac, randomUUID } from 'node:crypto';
import { testAccessKey } from '../src/testing.ts';

export interface CallOptions {
  readonly endpoint: string;
  readonly action: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly secret?: string;
  readonly keyId?: string;
  readonly token?: string;
  readonly nonce?: string;
  readonly atMs?: number;
  /** Headers changed after signing. */
  readonly tamper?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly Code?: string };
}

const hex = (text: string): string => createHash('sha256').update(text).digest('hex');
const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
const queryOf = (parameters: Readonly<Record<string, string>>): string =>
  Object.keys(parameters)
    .toSorted()
    .map((name) => `${encode(name)}=${encode(parameters[name] ?? '')}`)
    .join('&');
const timeOf = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;

/** Calls an action with an ACS3-HMAC-SHA256 signature. */
export function callAcs3(options: CallOptions): Promise<Answer> {
  const { endpoint, action, parameters = {}, form, secret = testAccessKey.accessKeySecret } = options;
  const body = form ? queryOf(form) : '';
  const headers: Record<string, string> = {
    host: endpoint,
    'x-acs-action': action,
    'x-acs-content-sha256': hex(body),
    'x-acs-date': timeOf(options.atMs ?? Date.now()),
    'x-acs-signature-nonce': options.nonce ?? randomUUID(),
    'x-acs-version': '2018-08-08',
    ...(options.token === undefined ? {} : { 'x-acs-security-token': options.token }),
    ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
  };
  const names = Object.keys(headers).toSorted();
  const lines = names.map((name) => `${name}:${headers[name]}\n`).join('');
  const canonical = `POST\n/\n${queryOf(parameters)}\n${lines}\n${names.join(';')}\n${hex(body)}`;
  const signature = createHmac('sha256', secret)
    .update(`ACS3-HMAC-SHA256\n${hex(canonical)}`)
    .digest('hex');
  const credential = options.keyId ?? testAccessKey.accessKeyId;
  headers['authorization'] =
    `ACS3-HMAC-SHA256 Credential=${credential},SignedHeaders=${names.join(';')},Signature=${signature}`;
  const { host: _host, ...sent } = { ...headers, ...options.tamper };
  return send(`http://${endpoint}/?${queryOf(parameters)}`, {
    method: 'POST',
    headers: sent,
    ...(form ? { body } : {}),
  });
}

/** Calls an action with the classic RPC signature. */
export function callRpc(options: CallOptions): Promise<Answer> {
  const { endpoint, action, secret = testAccessKey.accessKeySecret } = options;
  const parameters: Record<string, string> = {
    ...options.parameters,
    ...(options.token === undefined ? {} : { SecurityToken: options.token }),
    Action: action,
    Version: '2018-08-08',
    Format: 'json',
    AccessKeyId: options.keyId ?? testAccessKey.accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: options.nonce ?? randomUUID(),
    Timestamp: timeOf(options.atMs ?? Date.now()),
  };
  const text = `POST&%2F&${encode(queryOf(parameters))}`;
  const signature = createHmac('sha1', `${secret}&`).update(text).digest('base64');
  return send(`http://${endpoint}/?${queryOf({ ...parameters, Signature: signature })}`, { method: 'POST' });
}

async function send(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}
