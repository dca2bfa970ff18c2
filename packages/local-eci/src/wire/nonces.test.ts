import { describe, expect, it } from 'vitest';
import { Nonces } from './nonces.ts';

const minute = 60_000;

describe('nonces', () => {
  it('refuses a call that came before', () => {
    const nonces = new Nonces();
    nonces.admit({ atMs: 0, nonce: 'a' }, 0);
    expect(() => nonces.admit({ atMs: 0, nonce: 'a' }, minute)).toThrow('used before');
  });

  it.each([-16 * minute, 16 * minute])('refuses a call %d ms off', (offMs) => {
    expect(() => new Nonces().admit({ atMs: offMs, nonce: 'a' }, 0)).toThrow('15 minutes');
  });

  it('remembers a call from the future as long as it may be repeated', () => {
    const nonces = new Nonces();
    nonces.admit({ atMs: 14 * minute, nonce: 'a' }, 0);
    expect(() => nonces.admit({ atMs: 14 * minute, nonce: 'a' }, 28 * minute)).toThrow('used before');
  });

  it('holds no more than its limit', () => {
    const nonces = new Nonces(2);
    for (const nonce of ['a', 'b', 'c']) nonces.admit({ atMs: 0, nonce }, 0);
    nonces.admit({ atMs: 0, nonce: 'a' }, 0);
    expect(() => nonces.admit({ atMs: 0, nonce: 'c' }, 0)).toThrow('used before');
  });
});
