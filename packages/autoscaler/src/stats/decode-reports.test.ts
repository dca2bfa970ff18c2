import type { RevisionStat, StatReport } from '@ebb/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedReport, decodeReports } from './decode-reports.ts';

const stat = {
  namespace: 'default',
  name: 'web-00001',
  averageConcurrency: 1.5,
  requestCount: 3,
  waiting: 0,
  pods: { a: 1 },
};
const report = { gateway: 'gateway-0', atMs: 1_700_000_000_000, revisions: [stat], drained: ['default/b'] };
const withStat = (more: object): unknown => [{ ...report, revisions: [{ ...stat, ...more }] }];

describe('decodeReports', () => {
  it('takes reports, and leaves out what it does not know', () => {
    expect(decodeReports(JSON.stringify([{ ...report, colour: 'red' }]))).toEqual([report]);
    expect(decodeReports('[]')).toEqual([]);
  });

  it.each([
    [{}, 'reports is not a list'],
    [[null], 'reports[0] is not an object'],
    [[{ ...report, gateway: '' }], 'reports[0].gateway is not a name'],
    [[{ ...report, gateway: 'x'.repeat(254) }], 'reports[0].gateway is not a name'],
    [[{ ...report, atMs: '0' }], 'reports[0].atMs is not a number'],
    [[{ ...report, revisions: {} }], 'reports[0].revisions is not a list'],
    [[{ ...report, drained: [1] }], 'reports[0].drained[0] is not a name'],
    [withStat({ averageConcurrency: -1 }), 'reports[0].revisions[0].averageConcurrency is not a number'],
    [withStat({ requestCount: null }), 'reports[0].revisions[0].requestCount is not a number'],
    [withStat({ pods: [] }), 'reports[0].revisions[0].pods is not an object'],
    [withStat({ pods: { a: 'one' } }), 'reports[0].revisions[0].pods.a is not a number'],
  ])('refuses %j', (value, message) => {
    expect(() => decodeReports(JSON.stringify(value))).toThrow(message);
  });

  it.each(['', '{', '[1e999]', 'NaN'])('refuses "%s"', (text) => {
    expect(() => decodeReports(text)).toThrow(MalformedReport);
  });

  it('gives back every report that was written', () => {
    const name = fc.string({ minLength: 1, maxLength: 63 });
    const amount = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
    const stats: fc.Arbitrary<RevisionStat> = fc.record({
      namespace: name,
      name,
      averageConcurrency: amount,
      requestCount: amount,
      waiting: amount,
      pods: fc.dictionary(name, amount),
    });
    const reports: fc.Arbitrary<StatReport[]> = fc.array(
      fc.record({ gateway: name, atMs: amount, revisions: fc.array(stats), drained: fc.array(name) }),
    );
    fc.assert(
      fc.property(reports, (written) => {
        const text = JSON.stringify(written);
        expect(JSON.stringify(decodeReports(text))).toBe(text);
      }),
    );
  });

  it('refuses whatever else there is with its own error only', () => {
    const almost = fc.record({ gateway: fc.anything(), atMs: fc.anything(), revisions: fc.anything() });
    const any = fc.oneof(fc.string(), fc.json(), fc.anything().map(fc.stringify), fc.array(almost).map(asJson));
    fc.assert(
      fc.property(any, (text) => {
        // Any other error fails the property.
        const decoded = decodedOrRefused(text);
        expect(decoded.every(({ gateway, atMs }) => gateway !== '' && atMs >= 0)).toBe(true);
      }),
    );
  });
});

function asJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ?? 'null';
}

function decodedOrRefused(text: string): StatReport[] {
  try {
    return decodeReports(text);
  } catch (error) {
    if (error instanceof MalformedReport) return [];
    throw error;
  }
}
