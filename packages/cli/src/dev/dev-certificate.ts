import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificates } from '@ebb/base/certificates';
import { writePrivateFile } from '../client/private-file.ts';

/** Texts in PEM. */
export interface DevCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface DevCertificateOptions {
  /** Where `tls.crt`, `tls.key` and `ca.crt` are kept. */
  readonly dir: string;
  readonly domain: string;
  readonly namespace: string;
  readonly now: number;
}

/**
 * The certificate of `ebb dev`: the files that are there, which may be anybody's, or, for the first time, one by an authority of
 * its own, `ca.crt`. It is good for the services of one namespace: a wildcard stands for one label.
 */
export async function openDevCertificate({
  dir,
  domain,
  namespace,
  now,
}: DevCertificateOptions): Promise<DevCertificate> {
  const file = (name: string): string => join(dir, name);
  try {
    const [certificate, key] = await Promise.all([
      readFile(file('tls.crt'), 'utf8'),
      readFile(file('tls.key'), 'utf8'),
    ]);
    return { certificate, key };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const hosts = [`*.${namespace}.${domain}`, `*.${domain}`, domain, '127.0.0.1'];
  const { ca, certificate, key } = await makeCertificates({ commonName: 'ebb dev', hosts, now });
  await writePrivateFile(file('ca.crt'), ca);
  await writePrivateFile(file('tls.crt'), certificate);
  await writePrivateFile(file('tls.key'), key);
  return { certificate, key };
}
