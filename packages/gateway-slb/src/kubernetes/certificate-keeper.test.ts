import type { Secret } from '@ebb/api';
import { makeCertificates } from '@ebb/base/certificates';
import { FakeClock } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { CertificateStore } from '../edge/certificate-store.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import type { OnObject } from './named-watches.ts';

type OnSecret = OnObject<Secret>;

const hourMs = 3600 * 1000;

function setUp(): {
  readonly keeper: CertificateKeeper;
  readonly certificates: CertificateStore;
  readonly watched: Map<string, OnSecret>;
  readonly told: string[];
  readonly clock: FakeClock;
} {
  const clock = new FakeClock();
  const certificates = new CertificateStore();
  const watched = new Map<string, OnSecret>();
  const told: string[] = [];
  const keeper = new CertificateKeeper({
    certificates,
    clock,
    secrets: {
      watch: (key, user) => {
        watched.set(key, user);
        return { [Symbol.dispose]: () => void watched.delete(key) };
      },
    },
    events: { event: (_object, _type, reason, message) => void told.push(`${reason}: ${message}`) },
  });
  return { keeper, certificates, watched, told, clock };
}

async function secretFor(host: string, now: number): Promise<Secret> {
  const made = await makeCertificates({ commonName: host, hosts: [host], now, lifetimeMs: hourMs });
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  const data = { 'tls.crt': base64(made.certificate), 'tls.key': base64(made.key) };
  return { metadata: { namespace: 'default', name: 's' }, data };
}

const ingress = (secret: string) => ({ createdAt: '', tls: [{ hosts: ['a.example.com'], secret }] });

it('watches Secrets only while an Ingress names them', async () => {
  const { keeper, certificates, watched, clock } = setUp();
  keeper.setIngress('default/a', ingress('default/s'));
  keeper.setIngress('default/b', ingress('default/s'));
  expect([...watched.keys()]).toEqual(['default/s']);
  expect(keeper.knows(ingress('default/s'))).toBe(false);
  watched.get('default/s')?.(await secretFor('a.example.com', clock.now()));
  expect(certificates.certificateFor('a.example.com')?.names).toEqual(['a.example.com']);
  expect(keeper.knows(ingress('default/s'))).toBe(true);
  keeper.setIngress('default/a', undefined);
  expect(watched.size).toBe(1);
  keeper.setIngress('default/b', ingress('default/other'));
  expect([...watched.keys()]).toEqual(['default/other']);
  expect(certificates.certificateFor('a.example.com')).toBeUndefined();
});

it('keeps the last good certificate, and tells what is wrong with the next', async () => {
  const { keeper, certificates, watched, told, clock } = setUp();
  keeper.setIngress('default/a', ingress('default/s'));
  const tell = (secret: Secret | undefined): void => watched.get('default/s')?.(secret);
  const good = await secretFor('a.example.com', clock.now());
  const bad: Secret = { ...good, data: { ...good.data, 'tls.key': Buffer.from('none').toString('base64') } };
  tell({ ...good, data: {} });
  expect(told).toEqual(['BadCertificate: it has no tls.crt, or no tls.key; its hosts have none']);
  tell(good);
  const first = certificates.certificateFor('a.example.com');
  tell(bad);
  expect(certificates.certificateFor('a.example.com')).toBe(first);
  expect(told[1]).toMatch(/^BadCertificate: tls.key does not belong to tls.crt.*stays in use$/);
  tell(undefined);
  expect(certificates.certificateFor('a.example.com')).toBeUndefined();
});

it('tells of certificates that have run out', async () => {
  const { keeper, watched, told, clock } = setUp();
  keeper.setIngress('default/a', ingress('default/s'));
  watched.get('default/s')?.(await secretFor('a.example.com', clock.now()));
  expect(told).toEqual([]);
  await clock.advance(2 * hourMs);
  expect(told[0]).toMatch(/^CertificateExpired: /);
});
