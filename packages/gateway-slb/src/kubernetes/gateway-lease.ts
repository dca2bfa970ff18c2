import type { Lease } from '@ebb/api';
import { formatAddress } from '@ebb/base';
import type { Listener } from '@ebb/router';
import type { ListenAddress } from '../http/listen.ts';

/** The listeners of one gateway, as others reach them. */
export type GatewayAddresses = Readonly<Partial<Record<Listener, ListenAddress>>>;

/** On the Lease of every gateway. */
export const gatewayLabel = { 'ebb.dev/component': 'gateway' } as const;

/** Finds the Leases of all gateways. */
export const gatewaySelector: string = Object.entries(gatewayLabel)
  .map(([key, value]) => `${key}=${value}`)
  .join(',');

/** Which gateway of all writes the status of Ingresses. */
export const statusLease = 'ebb-gateway-status';

const annotationOf: Readonly<Record<Listener, string>> = {
  public: 'ebb.dev/public-address',
  private: 'ebb.dev/private-address',
};

/** Name of a gateway's own Lease. */
export function gatewayLease(gateway: string): string {
  return `ebb-gateway-${gateway}`;
}

/** What a gateway's Lease says of where it listens. */
export function annotateAddresses(addresses: GatewayAddresses): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const listener of ['public', 'private'] as const) {
    const address = addresses[listener];
    if (address) annotations[annotationOf[listener]] = formatAddress(address);
  }
  return annotations;
}

/** Where a gateway listens by its Lease; a listener it does not name, or not as `host:port`, is left out. */
export function readAddresses({ metadata }: Lease): GatewayAddresses {
  const read = (listener: Listener): ListenAddress | undefined =>
    parseAddress(metadata.annotations?.[annotationOf[listener]]);
  const [outside, inside] = [read('public'), read('private')];
  return { ...(outside ? { public: outside } : {}), ...(inside ? { private: inside } : {}) };
}

/** Reads `host:port`, with brackets around an IPv6 host; undefined if it is none. */
export function parseAddress(text = ''): ListenAddress | undefined {
  const [, bracketed, plain, port] = /^(?:\[([\da-fA-F:.%]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const number = Number(port);
  return host !== undefined && number > 0 && number < 65_536 ? { host, port: number } : undefined;
}
