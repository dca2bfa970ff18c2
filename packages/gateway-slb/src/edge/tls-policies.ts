import type { SecureVersion } from 'node:tls';

/** What a policy lets clients speak. */
export interface TlsPolicy {
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion;
  /** In OpenSSL's words. */
  readonly ciphers: string;
}

/** Each with a secret of its own for each connection. */
const forwardSecret = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
];
const forwardSecretSha1 = [
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
];
const others = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA256', 'AES256-SHA256', 'AES128-SHA', 'AES256-SHA'];
const ofTls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

const all = [...forwardSecret, ...forwardSecretSha1, ...others].join(':');
/** OpenSSL does the digests of TLS 1.0 and 1.1 only at its lowest level of security. */
const allAndOld = `${all}:@SECLEVEL=0`;
const strict = [...forwardSecret, ...forwardSecretSha1].join(':');

export type TlsPolicyName =
  | 'tls_cipher_policy_1_0'
  | 'tls_cipher_policy_1_1'
  | 'tls_cipher_policy_1_2'
  | 'tls_cipher_policy_1_2_strict'
  | 'tls_cipher_policy_1_2_strict_with_1_3';

/** The policies of Alibaba's load balancers, but for ciphers on DES, which OpenSSL no longer has (serverless-node.md, section 5.1). */
export const tlsPolicies: Readonly<Record<TlsPolicyName, TlsPolicy>> = {
  tls_cipher_policy_1_0: { minVersion: 'TLSv1', maxVersion: 'TLSv1.2', ciphers: allAndOld },
  tls_cipher_policy_1_1: { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.2', ciphers: allAndOld },
  tls_cipher_policy_1_2: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: all },
  tls_cipher_policy_1_2_strict: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: strict },
  tls_cipher_policy_1_2_strict_with_1_3: {
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: [...ofTls13, strict].join(':'),
  },
};

/** The default: what is safe today. */
export const defaultTlsPolicy: TlsPolicyName = 'tls_cipher_policy_1_2_strict_with_1_3';

/** True for the name of a policy. */
export const isTlsPolicy = (name: string): name is TlsPolicyName => Object.hasOwn(tlsPolicies, name);
