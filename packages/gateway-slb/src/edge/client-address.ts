import { type AddressList, plainAddress } from './address-list.ts';

/**
 * Who asked, where trusted proxies stand in front: the last address of X-Forwarded-For that is not one of theirs. What others
 * wrote before it is not believed.
 * @param peer The address of the connection.
 * @param forwardedFor The header as it came, all lines joined by commas.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusted: AddressList | undefined,
): string {
  if (!trusted || forwardedFor === undefined || !trusted.has(peer)) return peer;
  let client = peer;
  for (const hop of forwardedFor.split(',').toReversed()) {
    const address = plainAddress(hop.trim());
    if (address === '') break;
    client = address;
    if (!trusted.has(address)) break;
  }
  return client;
}
