import type { Lease } from '@ebb/api';
import { FakeClock } from '@ebb/base/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { Roll, annotateShares, isLeaving } from './roll.ts';

let clock: FakeClock;
let roll: Roll;
let renewals: Record<string, number>;

beforeEach(() => {
  clock = new FakeClock();
  roll = new Roll(clock, 'own');
  renewals = { own: 0, other: 0 };
});

const leaseOf = (name: string, annotations: Record<string, string> = {}): Lease => ({
  metadata: { name, uid: `uid-${name}`, annotations },
  spec: {
    holderIdentity: name,
    leaseDurationSeconds: 10,
    renewTime: new Date(clock.now() - 1000 + (renewals[name] ?? 0)).toISOString(),
  },
});

const leases = new Map<string, Lease>();

/** What the API server says now; those named have renewed their Leases since. */
function call(...renewed: readonly string[]): readonly string[] {
  for (const name of ['own', 'other']) if (renewed.includes(name) || !leases.has(name)) leases.set(name, leaseOf(name));
  return [...roll.call([...leases.values()]).others.keys()];
}

describe('the roll of gateways', () => {
  beforeEach(() => leases.clear());

  it('counts one no more that is silent for longer than its Lease lasts, and again when it is back', async () => {
    expect(call()).toEqual(['other']);
    for (let second = 0; second < 10; second += 2) {
      await clock.advance(2000);
      expect(call('own')).toEqual(['other']);
    }
    await clock.advance(2000);
    expect(call('own')).toEqual([]);
    expect(call('other')).toEqual(['other']);
  });

  it('counts nobody out while the API server is away, nor as soon as it is back', async () => {
    call();
    await clock.advance(3000);
    call('own', 'other');
    await clock.advance(60_000);
    expect(call()).toEqual(['other']);
    // This one's own Lease is seen to be renewed first.
    expect(call('own')).toEqual(['other']);
    await clock.advance(3000);
    expect(call('own', 'other')).toEqual(['other']);
    for (let second = 0; second < 12; second += 3) {
      await clock.advance(3000);
      call('own');
    }
    expect(call('own')).toEqual([]);
  });

  it('does not wait for one that was gone long before', async () => {
    leases.set('other', leaseOf('other'));
    await clock.advance(120_000);
    expect(call()).toEqual([]);
  });

  it('reads what a gateway announces, and takes nonsense for nothing', () => {
    const announcement = { id: 'x.1', view: 'own,other', seen: { own: 'y.2' }, except: ['n/p'], leaving: true };
    const lease = leaseOf('other', annotateShares(announcement, '10.0.0.1:99'));
    expect(roll.call([leaseOf('own'), lease]).others.get('other')).toEqual({
      announcement,
      lending: { host: '10.0.0.1', port: 99 },
    });
    expect(isLeaving(lease)).toBe(true);
    for (const text of ['', '{', '[]', '{"id":1}', '{"id":"a","view":"b"}', 'null']) {
      const odd = leaseOf('other', { 'ebb.dev/gateway-shares': text, 'ebb.dev/lending-address': text });
      expect(roll.call([odd]).others.get('other')).toEqual({ announcement: undefined, lending: undefined });
    }
  });
});
