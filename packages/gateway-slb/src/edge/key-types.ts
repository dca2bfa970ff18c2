import type { TlsPolicy } from './tls-policies.ts';

/** How keys sign, by their type, the better ways first (RFC 8446, section 4.2.3; in OpenSSL's words). */
const signatures: Readonly<Record<string, readonly string[]>> = {
  ec: ['ECDSA+SHA256', 'ECDSA+SHA384', 'ECDSA+SHA512', 'ECDSA+SHA1'],
  ed25519: ['ed25519'],
  ed448: ['ed448'],
  'rsa-pss': ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512'],
  rsa: [
    'rsa_pss_rsae_sha256',
    'rsa_pss_rsae_sha384',
    'rsa_pss_rsae_sha512',
    'RSA+SHA256',
    'RSA+SHA384',
    'RSA+SHA512',
    'RSA+SHA1',
  ],
};

/** TLS 1.2 has ciphers of its own for each kind of key; those on curves are all called ECDSA. */
const isForRsa = (cipher: string): boolean => !cipher.includes('ECDSA');

/**
 * The ciphers of a policy, and signatures, those last that go with keys of one type, for contexts whose certificate has such a key.
 * OpenSSL keeps a certificate for each type of key: that of the host which a client asks for takes the place of the default only if their types
 * are the same. If not, both may be shown, and with this order it is the host's. Where there is one alone, the order of types means nothing.
 */
export function lastOfAll(keyType: string, { ciphers }: TlsPolicy): { ciphers: string; sigalgs: string } {
  const isRsa = keyType.startsWith('rsa');
  const types = Object.keys(signatures).sort((a, b) => Number(a === keyType) - Number(b === keyType));
  return {
    ciphers: ciphers
      .split(':')
      .sort((a, b) => Number(isForRsa(a) === isRsa) - Number(isForRsa(b) === isRsa))
      .join(':'),
    sigalgs: types.flatMap((type) => signatures[type] ?? []).join(':'),
  };
}
