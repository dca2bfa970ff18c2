import { X509Certificate } from 'node:crypto';
import { type SecureContext, type SecureContextOptions, createSecureContext } from 'node:tls';
import { messageOf } from '@ebb/base';
import type { TlsPolicy } from './tls-policies.ts';

/** PEM texts. */
export interface KeyPair {
  /** The certificate, and those it leans on. */
  readonly certificate: string;
  readonly key: string;
}

/** A certificate with its key, checked to belong together. */
export interface Certificate {
  readonly pair: KeyPair;
  readonly context: SecureContext;
  /** The names it is good for, in lower case. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** What a certificate is used with. */
export interface ContextOptions {
  /** PEM texts of the authorities whose certificates clients must show. */
  readonly clientCa?: string | undefined;
  readonly policy: TlsPolicy;
}

/**
 * Makes a certificate ready for use.
 * @throws Error that says what is wrong: not PEM, a key of another certificate.
 */
export function readCertificate(pair: KeyPair, options: ContextOptions): Certificate {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(pair.certificate);
  } catch (cause) {
    throw new Error(`tls.crt is no certificate in PEM: ${messageOf(cause)}`, { cause });
  }
  try {
    const context = createSecureContext(contextOf(pair, options));
    return { pair, context, names: namesIn(parsed), notAfter: Date.parse(parsed.validTo) };
  } catch (cause) {
    throw new Error(`tls.key does not belong to tls.crt, or is no key in PEM: ${messageOf(cause)}`, { cause });
  }
}

/** The settings of TLS with this certificate. */
export function contextOf(pair: KeyPair | undefined, { clientCa, policy }: ContextOptions): SecureContextOptions {
  return {
    ...policy,
    honorCipherOrder: true,
    ...(pair && { cert: pair.certificate, key: pair.key }),
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  };
}

function namesIn({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/DNS:([^,\s"]+)/g)].map(([, name = '']) => name.toLowerCase());
}
