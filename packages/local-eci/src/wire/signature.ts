import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { EciError, missingParameter } from './error.ts';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Of a temporary key: it must come with each call. Default: the key is a lasting one. */
  readonly securityToken?: string;
}

/** A call as it came, before anything in it is believed. */
export interface SignedCall {
  readonly method: string;
  readonly path: string;
  /** Lower-case names; of a header given twice the values are joined with a comma. */
  readonly headers: ReadonlyMap<string, string>;
  readonly query: ReadonlyMap<string, string>;
  /** Parameters of a form body. */
  readonly form: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What a good signature vouches for besides the call itself. */
export interface Stamp {
  readonly atMs: number;
  readonly nonce: string;
}

const algorithm = 'ACS3-HMAC-SHA256';

/**
 * Checks a call's signature, of either kind (serverless-node.md, section 2.1): ACS3 in the headers, or the classic RPC
 * one in the parameters. Throws `EciError` with the code ECI answers.
 */
export function checkSignature(call: SignedCall, key: AccessKey): Stamp {
  return call.headers.has('authorization') ? checkAcs3(call, key) : checkRpc(call, key);
}

function checkAcs3(call: SignedCall, key: AccessKey): Stamp {
  const fields = parseAuthorization(call.headers.get('authorization') ?? '');
  checkKey({ id: fields.credential, token: call.headers.get('x-acs-security-token') }, key);
  checkCoverage(call, fields.signedHeaders);
  if (!sameText(header(call, 'x-acs-content-sha256'), sha256(call.body)))
    throw new EciError('SignatureDoesNotMatch', 'The body is not that of the hash in x-acs-content-sha256.');
  const canonical = [
    call.method,
    call.path,
    canonicalQuery(call.query, (name) => name),
    ...fields.signedHeaders.map((name) => `${name}:${header(call, name).trim()}`),
    '',
    fields.signedHeaders.join(';'),
    header(call, 'x-acs-content-sha256'),
  ].join('\n');
  const text = `${algorithm}\n${sha256(canonical)}`;
  const expected = createHmac('sha256', key.accessKeySecret).update(text).digest('hex');
  if (!sameText(fields.signature, expected)) throw mismatch(text);
  return { atMs: parseTime(header(call, 'x-acs-date')), nonce: header(call, 'x-acs-signature-nonce') };
}

function parseAuthorization(text: string): { credential: string; signedHeaders: string[]; signature: string } {
  const [name, rest] = splitOnce(text.trim(), ' ');
  if (name !== algorithm) throw new EciError('SignatureTypeNotSupported', `Only ${algorithm} is known, not ${name}.`);
  const fields = new Map(rest.split(',').map((part) => splitOnce(part.trim(), '=')));
  const credential = fields.get('Credential');
  const signedHeaders = fields.get('SignedHeaders');
  const signature = fields.get('Signature');
  if (!credential || !signedHeaders || !signature) {
    throw new EciError('IncompleteSignature', 'Authorization needs Credential, SignedHeaders and Signature.');
  }
  return { credential, signedHeaders: signedHeaders.split(';'), signature };
}

/** What decides the meaning of a call must be under the signature: the host and all that is `x-acs-`. */
function checkCoverage(call: SignedCall, signedHeaders: readonly string[]): void {
  const signed = new Set(signedHeaders);
  for (const name of ['host', 'x-acs-date', 'x-acs-signature-nonce', 'x-acs-content-sha256', ...call.headers.keys()]) {
    if ((name === 'host' || name.startsWith('x-acs-')) && !signed.has(name)) {
      throw new EciError('IncompleteSignature', `The header ${name.slice(0, 100)} is not signed.`);
    }
  }
}

function checkRpc(call: SignedCall, key: AccessKey): Stamp {
  const parameters = new Map([...call.query, ...call.form]);
  const given = (name: string): string => {
    const value = parameters.get(name);
    if (!value) throw missingParameter(name);
    return value;
  };
  checkKey({ id: given('AccessKeyId'), token: parameters.get('SecurityToken') }, key);
  if (given('SignatureMethod') !== 'HMAC-SHA1' || given('SignatureVersion') !== '1.0') {
    throw new EciError('SignatureTypeNotSupported', 'Only SignatureMethod HMAC-SHA1, SignatureVersion 1.0 is known.');
  }
  const signature = given('Signature');
  parameters.delete('Signature');
  const text = `${call.method}&${percentEncode('/')}&${percentEncode(canonicalQuery(parameters, percentEncode))}`;
  const expected = createHmac('sha1', `${key.accessKeySecret}&`).update(text).digest('base64');
  if (!sameText(signature, expected)) throw mismatch(text);
  return { atMs: parseTime(given('Timestamp')), nonce: given('SignatureNonce') };
}

function checkKey(
  given: { readonly id: string; readonly token: string | undefined },
  { accessKeyId, securityToken }: AccessKey,
): void {
  if (!sameText(given.id, accessKeyId)) {
    throw new EciError('InvalidAccessKeyId.NotFound', 'Specified access key is not found.', 404);
  }
  if (securityToken !== undefined && !given.token) {
    throw new EciError('MissingSecurityToken', 'The access key is a temporary one: it needs its security token.');
  }
  if (given.token && !sameText(given.token, securityToken ?? '')) {
    throw new EciError('InvalidSecurityToken.Malformed', 'The security token is not that of the access key.');
  }
}

function parseTime(text: string): number {
  const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs))
    throw new EciError('InvalidTimeStamp.Format', 'The time stamp must look like 2026-01-02T03:04:05Z.');
  return atMs;
}

function header(call: SignedCall, name: string): string {
  const value = call.headers.get(name);
  if (value === undefined) throw missingParameter(name);
  return value;
}

function canonicalQuery(parameters: ReadonlyMap<string, string>, encodeName: (name: string) => string): string {
  const names = [...parameters.keys()].toSorted();
  return names.map((name) => `${encodeName(name)}=${percentEncode(parameters.get(name) ?? '')}`).join('&');
}

function percentEncode(text: string): string {
  const encoded = encodeURIComponent(text);
  if (!/[!'()*]/.test(encoded)) return encoded;
  return encoded.replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** Compares in a time that tells nothing of where texts of one length differ. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** As Alibaba's gateway says it: its SDKs look for these words, and tell by what follows whether it is the secret that is wrong. */
const mismatch = (signed: string): EciError =>
  new EciError(
    'SignatureDoesNotMatch',
    `Specified signature is not matched with our calculation. server string to sign is:${signed}`,
  );
