import { X509Certificate } from 'node:crypto';
import { type SecureContext, createSecureContext } from 'node:tls';
import { messageOf } from '@ebb/base';

/** PEM texts. */
export interface KeyPair {
  /** The certificate, and those it leans on. */
  readonly certificate: string;
  readonly key: string;
}

/** A certificate with its key, checked to belong together. */
export interface Certificate {
  readonly context: SecureContext;
  /** The names it is good for, in lower case. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  /** Of its bytes, for telling one from another. */
  readonly fingerprint: string;
}

/** What a certificate is used with. */
export interface ContextOptions {
  /** PEM texts of the authorities whose certificates clients must show. */
  readonly clientCa?: string | undefined;
  readonly ciphers: string;
}

/**
 * Makes a certificate ready for use.
 * @throws Error that says what is wrong: not PEM, a key of another certificate.
 */
export function readCertificate({ certificate, key }: KeyPair, { clientCa, ciphers }: ContextOptions): Certificate {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch (cause) {
    throw new Error(`tls.crt is no certificate in PEM: ${messageOf(cause)}`, { cause });
  }
  try {
    const context = createSecureContext({ cert: certificate, key, ca: clientCa, ciphers, honorCipherOrder: true });
    return {
      context,
      names: namesIn(parsed),
      notAfter: Date.parse(parsed.validTo),
      fingerprint: parsed.fingerprint256,
    };
  } catch (cause) {
    throw new Error(`tls.key does not belong to tls.crt, or is no key in PEM: ${messageOf(cause)}`, { cause });
  }
}

function namesIn({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/DNS:([^,\s"]+)/g)].map(([, name = '']) => name.toLowerCase());
}
