import { type Certificates, makeCertificates } from '@ebb/base/certificates';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Kept, bundleOf, readSecret, writeSecret } from './kept.ts';
import { planStep } from './plan.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const hosts = ['webhook.knative-serving.svc'];
const bornMs = 1_800_000_000_000;
const overlapMs = 600_000;

describe('the life of a certificate', () => {
  let first: Certificates;
  let second: Certificates;

  beforeAll(async () => {
    const make = (now: number): Promise<Certificates> =>
      makeCertificates({ commonName: 'webhook', hosts, now, lifetimeMs: 90 * dayMs });
    [first, second] = await Promise.all([make(bornMs), make(bornMs + 60 * dayMs)]);
  });

  const renewAtMs = bornMs - hourMs + (2 / 3) * (90 * dayMs + hourMs);
  const endMs = bornMs + 90 * dayMs;
  const plan = (kept: Kept, now: number, trusted = true): ReturnType<typeof planStep> =>
    planStep(kept, { now, isTrusted: () => trusted });

  it('is renewed when two thirds are over', () => {
    expect(plan({ current: first }, bornMs)).toEqual({ do: 'wait', untilMs: renewAtMs });
    expect(plan({ current: first }, renewAtMs)).toEqual({ do: 'renew' });
  });

  it('ends only after every API server has learnt of the next', () => {
    const fromMs = renewAtMs + overlapMs;
    const kept: Kept = { current: first, next: { certificates: second, fromMs } };
    expect(plan(kept, renewAtMs)).toEqual({ do: 'wait', untilMs: fromMs });
    expect(plan(kept, fromMs)).toEqual({ do: 'switch' });
    expect(plan(kept, fromMs, false)).toMatchObject({ do: 'wait' });
    expect(plan(kept, endMs - hourMs, false)).toEqual({ do: 'switch' });
    expect(bundleOf(kept)).toBe(`${first.ca.trim()}\n${second.ca.trim()}\n`);
  });

  it('is trusted for a while after its end', () => {
    const untilMs = renewAtMs + 2 * overlapMs;
    const kept: Kept = { current: second, previous: { ca: first.ca, untilMs } };
    expect(plan(kept, untilMs - 1)).toEqual({ do: 'wait', untilMs });
    expect(plan(kept, untilMs)).toEqual({ do: 'forget' });
    expect(bundleOf(kept)).toBe(`${second.ca.trim()}\n${first.ca.trim()}\n`);
  });

  it('is kept in a Secret beside what else the Secret says', () => {
    const secret = {
      type: 'Opaque',
      metadata: { name: 'webhook-certs', annotations: { a: 'b', 'ebb.dev/forget-at': 'x' } },
    };
    const kept: Kept = {
      current: first,
      next: { certificates: second, fromMs: bornMs + 60 * dayMs },
      previous: { ca: second.ca, untilMs: bornMs + 61 * dayMs },
    };
    const written = writeSecret(secret, kept);
    expect(written).toMatchObject({ type: 'Opaque', metadata: { annotations: { a: 'b' } } });
    expect(readSecret(written, { hosts, now: bornMs + 60 * dayMs })).toEqual(kept);
    const { metadata, data } = writeSecret(written, { current: first });
    expect(metadata.annotations).toEqual({ a: 'b' });
    expect(Object.keys(data ?? {}).toSorted()).toEqual(['ca-cert.pem', 'server-cert.pem', 'server-key.pem']);
  });

  it('says what is wrong with what a Secret keeps', () => {
    const now = bornMs;
    const problem = (kept: Kept, needs = { hosts, now }): string => {
      try {
        readSecret(writeSecret({ metadata: {} }, kept), needs);
        return 'nothing';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(problem({ current: first })).toBe('nothing');
    expect(problem({ current: { ...first, key: '' } })).toBe('server-key.pem is missing');
    expect(problem({ current: { ...first, key: 'x' } })).toMatch(/^server-key\.pem cannot be read: /);
    expect(problem({ current: { ...first, ca: 'x' } })).toMatch(/^ca-cert\.pem cannot be read: /);
    expect(problem({ current: { ...first, key: second.key } })).toBe(
      'server-key.pem is not the key of server-cert.pem',
    );
    expect(problem({ current: { ...first, ca: second.ca } })).toBe('server-cert.pem was not signed by ca-cert.pem');
    expect(problem({ current: first, previous: { ca: 'x', untilMs: 0 } })).toMatch(
      /^previous-ca-cert\.pem cannot be read: /,
    );
    expect(problem({ current: first }, { hosts: ['127.0.0.1'], now })).toBe(
      'server-cert.pem is not good for 127.0.0.1',
    );
    expect(problem({ current: first }, { hosts, now: endMs })).toMatch(/^server-cert\.pem ended on /);
    expect(problem({ current: first }, { hosts, now: bornMs - 2 * hourMs })).toMatch(/^server-cert\.pem begins on /);
  });
});
