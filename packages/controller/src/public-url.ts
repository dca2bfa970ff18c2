import type { NetworkConfig } from '@ebb/api';

/**
 * The URL by which the world calls a host. The port is shown where the gateway does not listen on the scheme's own; it is
 * known for the default scheme only.
 */
export function publicUrl(
  host: string,
  { defaultExternalScheme, externalPort }: NetworkConfig,
  scheme: NetworkConfig['defaultExternalScheme'] = defaultExternalScheme,
): string {
  const usual = scheme === 'https' ? 443 : 80;
  const isShown = scheme === defaultExternalScheme && externalPort !== undefined && externalPort !== usual;
  return `${scheme}://${host}${isShown ? `:${externalPort}` : ''}`;
}
