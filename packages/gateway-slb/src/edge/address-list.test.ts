import { describe, expect, it } from 'vitest';
import { AddressList, mayConnect } from './address-list.ts';
import { clientAddress } from './client-address.ts';

describe('AddressList', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '::ffff:192.0.2.7', true],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::1', '2001:db8::2', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['0.0.0.0/0', 'unknown', false],
  ])('%s holds %s: %s', (entry, address, expected) => {
    expect(new AddressList([entry]).has(address)).toBe(expected);
  });

  it.each(['', 'localhost', '10.0.0.0/33', '10.0.0/8', '2001:db8::/129', '10.0.0.0/8/8', '10.0.0.0/-1', '10.0.0.0/'])(
    'refuses %j',
    (entry) => {
      expect(() => new AddressList([entry])).toThrow(/no address/);
    },
  );

  it('lets nobody connect but those it names, and nobody who is denied', () => {
    const office = new AddressList(['192.0.2.0/24']);
    expect(mayConnect({}, '192.0.2.1')).toBe(true);
    expect(mayConnect({ allow: new AddressList([]) }, '192.0.2.1')).toBe(false);
    expect(mayConnect({ allow: office }, '192.0.2.1')).toBe(true);
    expect(mayConnect({ allow: office }, '198.51.100.1')).toBe(false);
    expect(mayConnect({ allow: office, deny: new AddressList(['192.0.2.1']) }, '192.0.2.1')).toBe(false);
  });
});

describe('clientAddress', () => {
  const trusted = new AddressList(['10.0.0.0/8']);

  it.each([
    ['what an untrusted peer says is not believed', '192.0.2.1', '198.51.100.1', '192.0.2.1'],
    ['a trusted proxy names its client', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['what the client wrote itself is not believed', '10.0.0.1', '203.0.113.9, 198.51.100.1', '198.51.100.1'],
    ['of several proxies the outermost tells', '10.0.0.1', '198.51.100.1, 10.0.0.9', '198.51.100.1'],
    ['all trusted: the first', '10.0.0.1', '10.0.0.7, 10.0.0.9', '10.0.0.7'],
    ['nothing said', '10.0.0.1', undefined, '10.0.0.1'],
    ['an empty element', '10.0.0.1', '198.51.100.1, ', '10.0.0.1'],
  ])('%s', (_, peer, forwardedFor, expected) => {
    expect(clientAddress(peer, forwardedFor, trusted)).toBe(expected);
  });
});
