import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import type { Secret } from '@ebb/api';
import { messageOf } from '@ebb/base';
import type { Certificates } from '@ebb/base/certificates';

/** What the Secret keeps. */
export interface Kept {
  /** What is shown to API servers. */
  readonly current: Certificates;
  /** Comes into use at `fromMs`, once every API server has had time to learn of its authority. */
  readonly next?: { readonly certificates: Certificates; readonly fromMs: number };
  /** The authority of the certificate before, trusted while some replica may still show that one. */
  readonly previous?: { readonly ca: string; readonly untilMs: number };
}

/** Knative's names of the keys; those of the next and the previous one are Ebb's. */
const key = { ca: 'ca-cert.pem', certificate: 'server-cert.pem', key: 'server-key.pem' } as const;
const switchAt = 'ebb.dev/switch-at';
const forgetAt = 'ebb.dev/forget-at';

/** PEM of every authority to be trusted now. */
export function bundleOf({ current, next, previous }: Kept): string {
  const authorities = [current.ca, next?.certificates.ca, previous?.ca].filter((ca) => ca !== undefined);
  return authorities.map((ca) => `${ca.trim()}\n`).join('');
}

/** The Secret with what it is to keep, in place of its data; what else it has stays. */
export function writeSecret(secret: Secret, { current, next, previous }: Kept): Secret {
  const { metadata } = secret;
  const { [switchAt]: _s, [forgetAt]: _f, ...annotations } = metadata.annotations ?? {};
  const data = {
    ...dataOf('', current),
    ...(next ? dataOf('next-', next.certificates) : {}),
    ...(previous ? { [`previous-${key.ca}`]: toBase64(previous.ca) } : {}),
  };
  const times = {
    ...(next ? { [switchAt]: new Date(next.fromMs).toISOString() } : {}),
    ...(previous ? { [forgetAt]: new Date(previous.untilMs).toISOString() } : {}),
  };
  return { ...secret, metadata: { ...metadata, annotations: { ...annotations, ...times } }, data };
}

/** What a certificate must be good for. */
export interface Needs {
  readonly hosts: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Reads what the Secret keeps; throws an `Error` that says what is wrong with it. */
export function readSecret({ metadata, data = {} }: Secret, needs: Needs): Kept {
  const current = certificatesIn(data, '');
  check(current, needs);
  const previousCa = textIn(data, `previous-${key.ca}`);
  return {
    current,
    ...(textIn(data, `next-${key.certificate}`) === undefined
      ? {}
      : { next: { certificates: nextIn(data, needs), fromMs: timeOf(metadata.annotations?.[switchAt], needs.now) } }),
    ...(previousCa === undefined
      ? {}
      : { previous: { ca: checkAuthority(previousCa), untilMs: timeOf(metadata.annotations?.[forgetAt], needs.now) } }),
  };
}

function nextIn(data: Readonly<Record<string, string>>, needs: Needs): Certificates {
  const next = certificatesIn(data, 'next-');
  check(next, needs);
  return next;
}

function certificatesIn(data: Readonly<Record<string, string>>, prefix: '' | 'next-'): Certificates {
  const read = (name: string): string => {
    const text = textIn(data, `${prefix}${name}`);
    if (text === undefined) throw new Error(`${prefix}${name} is missing`);
    return text;
  };
  return { ca: read(key.ca), certificate: read(key.certificate), key: read(key.key) };
}

/** Throws unless key, certificate and authority belong together and serve `hosts` now. */
function check({ ca, certificate, key: privateKey }: Certificates, { hosts, now }: Needs): void {
  const served = parse(key.certificate, () => new X509Certificate(certificate));
  const authority = parse(key.ca, () => new X509Certificate(ca));
  if (!served.checkPrivateKey(parse(key.key, () => createPrivateKey(privateKey))))
    throw new Error(`${key.key} is not the key of ${key.certificate}`);
  if (!served.checkIssued(authority) || !served.verify(authority.publicKey))
    throw new Error(`${key.certificate} was not signed by ${key.ca}`);
  const missing = hosts.find((host) => (isIP(host) ? served.checkIP(host) : served.checkHost(host)) === undefined);
  if (missing !== undefined) throw new Error(`${key.certificate} is not good for ${missing}`);
  if (now >= Date.parse(served.validTo)) throw new Error(`${key.certificate} ended on ${served.validTo}`);
  if (now < Date.parse(served.validFrom)) throw new Error(`${key.certificate} begins on ${served.validFrom}`);
}

function checkAuthority(ca: string): string {
  parse(`previous-${key.ca}`, () => new X509Certificate(ca));
  return ca;
}

function parse<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function dataOf(prefix: string, certificates: Certificates): Record<string, string> {
  const names = ['ca', 'certificate', 'key'] as const;
  return Object.fromEntries(names.map((name) => [`${prefix}${key[name]}`, toBase64(certificates[name])]));
}

/** A time that cannot be read has come. */
function timeOf(text: string | undefined, now: number): number {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? now : time;
}

function textIn(data: Readonly<Record<string, string>>, name: string): string | undefined {
  const value = data[name];
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

const toBase64 = (text: string): string => Buffer.from(text).toString('base64');
