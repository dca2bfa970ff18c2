import { makeCertificates } from '@ebb/base/certificates';
import { describe, expect, it } from 'vitest';
import { CertificateStore } from './certificate-store.ts';
import { type Certificate, readCertificate } from './certificate.ts';

const certificate = (...names: string[]): Certificate => ({
  pair: { certificate: '', key: '' },
  names,
  notAfter: 0,
  keyType: 'ec',
});

const owner = (key: string, createdAt = '2026-01-01T00:00:00Z') => ({ key, createdAt });

describe('CertificateStore', () => {
  it('shows the certificate of the very host, else that of a wildcard, else the default', () => {
    const store = new CertificateStore();
    const [exact, wildcard] = [certificate(), certificate()];
    store.setEntries(owner('default/a'), [
      { hosts: ['shop.example.com'], secret: 'default/exact' },
      { hosts: ['*.example.com'], secret: 'default/wildcard' },
    ]);
    store.setCertificate('default/exact', exact);
    store.setCertificate('default/wildcard', wildcard);
    expect(store.certificateFor('SHOP.example.com')).toBe(exact);
    expect(store.certificateFor('other.example.com')).toBe(wildcard);
    expect(store.certificateFor('a.b.example.com')).toBeUndefined();
    expect(store.certificateFor('example.com')).toBeUndefined();
    store.default = certificate();
    expect(store.certificateFor('example.com')).toBe(store.default);
  });

  it('follows the Secret and the Ingress, and leaves nothing behind', () => {
    const store = new CertificateStore();
    const [first, second] = [certificate(), certificate()];
    store.setCertificate('default/s', first);
    store.setEntries(owner('default/a'), [{ hosts: ['a.example.com'], secret: 'default/s' }]);
    store.setCertificate('default/s', second);
    expect(store.certificateFor('a.example.com')).toBe(second);
    store.setEntries(owner('default/a'), []);
    expect(store.certificateFor('a.example.com')).toBeUndefined();
  });

  it('gives a host to the oldest claim that has a certificate', () => {
    const store = new CertificateStore();
    const [old, young] = [certificate(), certificate()];
    store.setCertificate('b/young', young);
    store.setEntries(owner('b/young', '2026-02-01T00:00:00Z'), [{ hosts: ['a.example.com'], secret: 'b/young' }]);
    store.setEntries(owner('a/old'), [{ hosts: ['a.example.com'], secret: 'a/old' }]);
    expect(store.certificateFor('a.example.com')).toBe(young);
    store.setCertificate('a/old', old);
    expect(store.certificateFor('a.example.com')).toBe(old);
  });

  it('takes the names of the certificate where none are given', () => {
    const store = new CertificateStore();
    const named = certificate('a.example.com', '*.b.example.com');
    store.setEntries(owner('default/a'), [{ hosts: [], secret: 'default/s' }]);
    store.setCertificate('default/s', named);
    expect(store.certificateFor('a.example.com')).toBe(named);
    expect(store.certificateFor('x.b.example.com')).toBe(named);
  });
});

describe('readCertificate', () => {
  const now = Date.UTC(2026, 0, 1);

  it('tells names and end of a certificate, and refuses what does not belong together', async () => {
    const made = await makeCertificates({
      commonName: 'a',
      hosts: ['A.example.com', '*.b.example.com'],
      now,
      lifetimeMs: 1000,
    });
    const other = await makeCertificates({ commonName: 'b', hosts: [], now });
    const read = readCertificate(made);
    expect(read.names).toEqual(['a.example.com', '*.b.example.com']);
    expect(read.notAfter).toBe(now + 1000);
    expect(() => readCertificate({ ...made, key: other.key })).toThrow(/tls.key does not belong/);
    expect(() => readCertificate({ ...made, certificate: 'none' })).toThrow(/tls.crt is no certificate/);
  });
});
