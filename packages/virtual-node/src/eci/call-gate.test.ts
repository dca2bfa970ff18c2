import { FakeClock } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import { CallGate } from './call-gate.ts';

const refused = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });
const start = (limited = true): { clock: FakeClock; gate: CallGate } => {
  const clock = new FakeClock(1_000_000);
  return { clock, gate: new CallGate({ clock, random: () => 0, limited }) };
};

describe('the gate of calls', () => {
  it('gives 500 creates their turns within half a minute, a burst at once, and nobody asks twice too often', async () => {
    const { clock, gate } = start();
    const began = clock.now();
    const waiting = new Map(Array.from({ length: 500 }, (_, index) => [`pod-${index}`, 0]));
    let asked = 0;
    let atOnce = 0;
    while (waiting.size > 0) {
      for (const [who, atMs] of waiting) {
        if (atMs > clock.now()) continue;
        asked += 1;
        const waitMs = gate.turn('CreateContainerGroup', who);
        if (waitMs > 0) waiting.set(who, clock.now() + waitMs);
        else waiting.delete(who);
      }
      if (clock.now() === began) atOnce = 500 - waiting.size;
      await clock.advance(10);
    }
    expect(atOnce).toBeGreaterThanOrEqual(83);
    expect(atOnce).toBeLessThanOrEqual(85);
    expect(asked).toBeLessThanOrEqual(1000);
    expect(clock.now() - began).toBeGreaterThan(24_000);
    expect(clock.now() - began).toBeLessThan(30_000);
  });

  it('lets everything through to an ECI without limits', () => {
    const { gate } = start(false);
    expect(Array.from({ length: 5000 }, (_, index) => gate.turn('CreateContainerGroup', `${index}`))).not.toContain(1);
    expect(gate.turn('CreateContainerGroup', 'another')).toBe(0);
  });

  it('waits longer each time ECI says Throttling, even where no limit is known', async () => {
    const { clock, gate } = start(false);
    const tryOnce = (): Promise<unknown> =>
      gate.call('CreateContainerGroup', () => Promise.reject(refused('Throttling')), { hasTurn: true }).catch(() => 0);
    await tryOnce();
    const first = gate.turn('CreateContainerGroup', 'a');
    await clock.advance(first + 100);
    await tryOnce();
    expect(gate.turn('CreateContainerGroup', 'b')).toBeGreaterThan(first);
    expect(gate.turn('DeleteContainerGroup', 'a')).toBe(0);
  });

  it('calls no more while the credentials are refused, but for a trial; and all is well after one that succeeds', async () => {
    const { clock, gate } = start();
    let calls = 0;
    const call = (answer: () => Promise<string>): Promise<string> =>
      gate
        .call('DescribeContainerGroups', () => {
          calls += 1;
          return answer();
        })
        .catch((error: unknown) => String((error as { code?: string }).code));
    const wrong = (): Promise<string> => Promise.reject(refused('SignatureDoesNotMatch'));
    for (let index = 0; index < 50; index += 1) {
      expect(await call(wrong)).toBe('SignatureDoesNotMatch');
      await clock.advance(1000);
    }
    // At 0, and then after 15 and 30 s more.
    expect(calls).toBe(3);
    expect(gate.credentialsError?.code).toBe('SignatureDoesNotMatch');
    await clock.advance(300_000);
    expect(await call(() => Promise.resolve('fine'))).toBe('fine');
    expect(gate.credentialsError).toBeUndefined();
    expect(await call(() => Promise.resolve('fine'))).toBe('fine');
  });
});
