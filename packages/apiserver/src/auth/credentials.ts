import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Certificates, makeCertificates } from '@ebb/base/certificates';
import type { Store } from '../store/store.ts';

/** What a client needs to trust the server, and the server to trust a client. */
export interface Credentials extends Certificates {
  readonly token: string;
}

const settingName = 'credentials';

/** The store's credentials; made and kept there on the first start, so that kubeconfigs stay valid. */
export async function loadCredentials(store: Store, host: string, now: number): Promise<Credentials> {
  const kept = store.setting(settingName);
  if (kept !== undefined) return JSON.parse(kept) as Credentials;
  const credentials = await makeCredentials(host, now);
  await store.putSetting(settingName, JSON.stringify(credentials));
  return credentials;
}

/** New credentials. */
export async function makeCredentials(host: string, now: number): Promise<Credentials> {
  const hosts = [...new Set(['127.0.0.1', '::1', 'localhost', 'kubernetes', 'kubernetes.default', host])];
  const certificates = await makeCertificates({ commonName: 'ebb-apiserver', hosts, now });
  return { ...certificates, token: randomBytes(24).toString('base64url') };
}

/** A check of `Authorization` headers, in constant time. */
export function bearerCheck(token: string): (authorization: string | undefined) => boolean {
  const wanted = digest(token);
  return (authorization) => {
    const match = /^Bearer +(\S+) *$/i.exec(authorization ?? '');
    return match?.[1] !== undefined && timingSafeEqual(digest(match[1]), wanted);
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
