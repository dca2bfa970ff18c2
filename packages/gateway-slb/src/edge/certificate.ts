import { X509Certificate, constants } from 'node:crypto';
import { type SecureContextOptions, createSecureContext } from 'node:tls';
import { messageOf } from '@ebb/base';
import { lastOfAll } from './key-types.ts';
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
  /** The names it is good for, in lower case. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  /** As Node calls it: `rsa`, `ec`, `ed25519`… */
  readonly keyType: string;
}

/** How TLS is spoken. */
export interface TlsSettings {
  readonly policy: TlsPolicy;
  /** PEM texts of authorities, of one of which clients must show a certificate; undefined if they need none. */
  readonly clientCa?: string | undefined;
  /** HTTP/2 is offered. */
  readonly http2: boolean;
}

/**
 * Looks at what a Secret holds.
 * @throws Error that says what is wrong: not PEM, a key of another certificate.
 */
export function readCertificate(pair: KeyPair): Certificate {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(pair.certificate);
  } catch (cause) {
    throw new Error(`tls.crt is no certificate in PEM: ${messageOf(cause)}`, { cause });
  }
  try {
    createSecureContext({ cert: pair.certificate, key: pair.key });
  } catch (cause) {
    throw new Error(`tls.key does not belong to tls.crt, or is no key in PEM: ${messageOf(cause)}`, { cause });
  }
  const { asymmetricKeyType: keyType = '' } = parsed.publicKey;
  return { pair, names: namesIn(parsed), notAfter: Date.parse(parsed.validTo), keyType };
}

/** Stands for authorities that vouch for nobody. OpenSSL takes none at all for those that the whole world trusts. */
export const noAuthority = 'none';

/**
 * Looks at a text of authorities, and returns it.
 * @throws Error that says what is wrong: no certificates, or not in PEM.
 */
export function readAuthorities(text: string): string {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (!found) throw new Error('ca.crt has no certificate in PEM');
  try {
    for (const each of found) new X509Certificate(each);
  } catch (cause) {
    throw new Error(`ca.crt has a certificate that is none: ${messageOf(cause)}`, { cause });
  }
  return text;
}

/** The options of TLS with a certificate, or with none, which no handshake gets through. */
export function contextOptions(
  certificate: Certificate | undefined,
  { policy, clientCa }: TlsSettings,
): SecureContextOptions {
  return {
    ...policy,
    // As TLS 1.3 has it: a client that wants other terms opens another connection.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    honorCipherOrder: true,
    ...(certificate && {
      cert: certificate.pair.certificate,
      key: certificate.pair.key,
      ...lastOfAll(certificate.keyType, policy),
    }),
    ...(clientCa === undefined ? {} : { ca: clientCa }),
  };
}

function namesIn({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/DNS:([^,\s"]+)/g)].map(([, name = '']) => name.toLowerCase());
}
