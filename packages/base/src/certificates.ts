// What @peculiar/x509 is built on refuses to load without it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** PEM texts of a certificate authority and of the certificate it signed. */
export interface Certificates {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  /** Group of a client, as Kubernetes reads it. Default: none. */
  readonly organization?: string | undefined;
  /** Names and addresses it is good for; none for a client. */
  readonly hosts: readonly string[];
  /** Who shows it. Default: a server. */
  readonly usage?: 'server' | 'client';
  /** Of its own key. Default: `ec`, of the curve P-256; `rsa` has 2048 bits. */
  readonly keyType?: 'ec' | 'rsa';
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How long from `now` they are good. Default: ten years. */
  readonly lifetimeMs?: number | undefined;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const rsa = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
};
const tenYearsMs = 10 * 365 * 24 * 3600 * 1000;
const hourMs = 3600 * 1000;

/**
 * Makes a certificate authority, whose key is thrown away at once, and a certificate that it signed. Authorities are told apart by
 * key identifiers, so that a client may trust several at a time.
 */
export async function makeCertificates({
  commonName,
  organization,
  hosts,
  usage = 'server',
  keyType = 'ec',
  now,
  lifetimeMs = tenYearsMs,
}: CertificateOptions): Promise<Certificates> {
  useNodeCrypto();
  const caKeys = await makeKeys();
  const keys = await makeKeys(keyType);
  // An hour back, for clients whose clock is behind.
  const validity = { notBefore: new Date(now - hourMs), notAfter: new Date(now + lifetimeMs) };
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=ebb-ca',
    keys: caKeys,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    subject: subjectOf(commonName, organization),
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [...extensionsFor(usage, hosts), await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey)],
  });
  return { ca: ca.toString('pem'), certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

/** PEM texts of a request that an authority can sign, and of the key it is for. */
export interface CertificateRequest {
  readonly request: string;
  readonly key: string;
}

/** Makes a key, and a request (PKCS #10) for a certificate of it. */
export async function makeCertificateRequest({
  commonName,
  organization,
  hosts,
}: Pick<CertificateOptions, 'commonName' | 'organization' | 'hosts'>): Promise<CertificateRequest> {
  useNodeCrypto();
  const keys = await makeKeys();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subjectOf(commonName, organization),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension(namesOf(hosts))],
  });
  return { request: request.toString('pem'), key: await exportKey(keys.privateKey) };
}

function useNodeCrypto(): void {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
}

function subjectOf(commonName: string, organization: string | undefined): x509.JsonName {
  return [...(organization === undefined ? [] : [{ O: [organization] }]), { CN: [commonName] }];
}

function namesOf(hosts: readonly string[]): { type: 'ip' | 'dns'; value: string }[] {
  return hosts.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const), value }));
}

function extensionsFor(usage: 'server' | 'client', hosts: readonly string[]): x509.Extension[] {
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const names = namesOf(hosts);
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([usage === 'server' ? serverAuth : clientAuth]),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
  ];
}

async function makeKeys(type: 'ec' | 'rsa' = 'ec'): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(type === 'ec' ? algorithm : rsa, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
