/**
 * The `Forwarded` header (RFC 7239) that says what the X-Forwarded ones do; host and protocol stand with the first address
 * (data-path.md, section 6.2).
 */
export function forwardedHeader(addresses: string, proto: string, host: string | undefined): string {
  const about = `${host ? `;host=${quoted(host)}` : ''};proto=${proto}`;
  if (!addresses.includes(',')) return `for=${node(addresses)}${about}`;
  return addresses
    .split(',')
    .map((address, index) => `for=${node(address.trim())}${index === 0 ? about : ''}`)
    .join(', ');
}

const token = /^[\w!#$%&'*+.^`|~-]+$/;

function node(address: string): string {
  return address.includes(':') && !address.startsWith('[') ? `"[${unquotable(address)}]"` : quoted(address);
}

function quoted(text: string): string {
  return token.test(text) ? text : `"${unquotable(text)}"`;
}

const unquotable = (text: string): string => text.replaceAll(/["\\]/g, '');
