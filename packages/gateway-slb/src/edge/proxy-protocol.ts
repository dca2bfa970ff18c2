import { isIPv4, isIPv6 } from 'node:net';

/** Where a connection came from, as the load balancer in front says. */
export interface ProxySource {
  readonly address: string;
  readonly port: number;
}

/** What the first bytes of a connection are: a header of the PROXY protocol, the beginning of one, or neither. */
export type ProxyHeader =
  | {
      readonly kind: 'header';
      /** Bytes it takes; what the client sent begins there. */
      readonly length: number;
      /** Undefined where the load balancer speaks for itself, as in its health checks, or does not know. */
      readonly source: ProxySource | undefined;
    }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid' };

const invalid: ProxyHeader = { kind: 'invalid' };
const incomplete: ProxyHeader = { kind: 'incomplete' };

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const textBegin = Buffer.from('PROXY ', 'latin1');
/** Of version 1, with the end of the line. */
const maxTextBytes = 107;
/** Of what version 2 says after its first 16 bytes: addresses, and what vendors add. */
const maxBinaryBytes = 4096;

/**
 * Reads the header of the PROXY protocol, version 1 or 2, at the beginning of a connection. Whatever the protocol does not
 * allow is invalid; additions of version 2 (TLVs) are skipped. Never needs more than 4,112 bytes to decide.
 */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (beginsLike(bytes, signature)) return bytes.length < 16 ? incomplete : parseBinary(bytes);
  if (beginsLike(bytes, textBegin)) return parseText(bytes);
  return invalid;
}

/** True too for fewer bytes that could become it. */
function beginsLike(bytes: Buffer, begin: Buffer): boolean {
  const length = Math.min(bytes.length, begin.length);
  return bytes.compare(begin, 0, length, 0, length) === 0;
}

const textPattern = /^PROXY (TCP4|TCP6) ([\da-f:.]+) ([\da-f:.]+) (\d{1,5}) (\d{1,5})$/i;

function parseText(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, maxTextBytes).indexOf('\r\n');
  if (end === -1) return bytes.length < maxTextBytes ? incomplete : invalid;
  const line = bytes.toString('latin1', 0, end);
  const length = end + 2;
  if (line === 'PROXY UNKNOWN' || line.startsWith('PROXY UNKNOWN '))
    return { kind: 'header', length, source: undefined };
  const [, family, address = '', destination = '', port = '', destinationPort = ''] = textPattern.exec(line) ?? [];
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6;
  if (family === undefined || !isAddress(address) || !isAddress(destination)) return invalid;
  if (!isPort(port) || !isPort(destinationPort)) return invalid;
  return { kind: 'header', length, source: { address, port: Number(port) } };
}

const isPort = (text: string): boolean => Number(text) <= 65_535 && (text === '0' || !text.startsWith('0'));

function parseBinary(bytes: Buffer): ProxyHeader {
  const [version, command] = nibbles(bytes.readUInt8(12));
  const [family, transport] = nibbles(bytes.readUInt8(13));
  const size = bytes.readUInt16BE(14);
  const length = 16 + size;
  if (version !== 2 || command > 1 || family > 3 || transport > 2 || size > maxBinaryBytes) return invalid;
  const addressBytes = { 0: 0, 1: 4, 2: 16 }[family];
  // UNIX sockets, and what is not known, tell nothing of the client.
  const tells = command === 1 && transport === 1 && addressBytes;
  if (tells && size < 2 * addressBytes + 4) return invalid;
  if (bytes.length < length) return incomplete;
  if (!tells) return { kind: 'header', length, source: undefined };
  const raw = bytes.subarray(16, 16 + addressBytes);
  const port = bytes.readUInt16BE(16 + 2 * addressBytes);
  return { kind: 'header', length, source: { address: addressBytes === 4 ? raw.join('.') : ipv6Text(raw), port } };
}

const nibbles = (byte: number): [high: number, low: number] => [byte >> 4, byte & 15];

/** Eight groups, then as everybody writes them. */
function ipv6Text(raw: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, index) => raw.readUInt16BE(2 * index).toString(16));
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}
