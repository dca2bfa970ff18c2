import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { UserError } from '@ebb/base';

/** Addresses and ranges of them, of both versions of IP. */
export class AddressList {
  readonly #list = new BlockList();

  /**
   * @param entries Addresses (`10.1.2.3`, `2001:db8::1`) and ranges (`10.0.0.0/8`, `2001:db8::/32`).
   * @throws UserError for what is neither.
   */
  constructor(entries: readonly string[]) {
    for (const entry of entries) this.#add(entry);
  }

  /** True if an address is in the list. What is no address is in none. */
  has(address: string): boolean {
    const plain = plainAddress(address);
    if (isIPv4(plain)) return this.#list.check(plain, 'ipv4');
    return isIPv6(plain) && this.#list.check(plain, 'ipv6');
  }

  #add(entry: string): void {
    const [address = '', prefix] = entry.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    const bits = family === 'ipv4' ? 32 : 128;
    const length = prefix === undefined ? bits : Number(prefix);
    const isRange = prefix === undefined || (/^\d{1,3}$/.test(prefix) && length <= bits);
    if ((family === 'ipv6' && !isIPv6(address)) || !isRange || entry.split('/').length > 2) {
      throw new UserError(`'${entry}' is no address and no range of addresses, as 10.0.0.0/8 or 2001:db8::/32`);
    }
    this.#list.addSubnet(address, length, family);
  }
}

/** An IPv4 address that came over an IPv6 socket, as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
}

/** Who may connect. */
export interface AccessRules {
  /** Nobody else. */
  readonly allow?: AddressList | undefined;
  /** These not, whoever is allowed. */
  readonly deny?: AddressList | undefined;
}

/** Whether a client at this address may connect. */
export function mayConnect({ allow, deny }: AccessRules, address: string): boolean {
  if (deny?.has(address)) return false;
  return !allow || allow.has(address);
}
