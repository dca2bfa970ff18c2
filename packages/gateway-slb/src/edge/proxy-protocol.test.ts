import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ProxyHeader, parseProxyHeader } from './proxy-protocol.ts';

const text = (line: string): ProxyHeader => parseProxyHeader(Buffer.from(line, 'latin1'));
const from = (address: string, port: number, length: number): ProxyHeader => ({
  kind: 'header',
  length,
  source: { address, port },
});

function binary(parts: { command?: number; family?: number; body?: Buffer; size?: number }): Buffer {
  const { command = 0x21, family = 0x11, body = Buffer.alloc(12), size = body.length } = parts;
  const head = Buffer.from([...Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), command, family, size >> 8, size & 255]);
  return Buffer.concat([head, body]);
}

const ipv4 = Buffer.from([192, 0, 2, 7, 10, 0, 0, 1, 0xc0, 0x00, 0x00, 0x50]);
const ipv6 = Buffer.from(`20010db8${'0'.repeat(23)}1${'0'.repeat(32)}c0000050`, 'hex');

describe('parseProxyHeader', () => {
  it.each<[string, ProxyHeader]>([
    ['PROXY TCP4 192.0.2.7 10.0.0.1 49152 80\r\nGET /', from('192.0.2.7', 49_152, 40)],
    ['PROXY TCP6 2001:db8::1 ::1 49152 80\r\n', from('2001:db8::1', 49_152, 37)],
    ['PROXY UNKNOWN\r\n', { kind: 'header', length: 15, source: undefined }],
    ['PROXY UNKNOWN what ever\r\n', { kind: 'header', length: 25, source: undefined }],
    ['', { kind: 'incomplete' }],
    ['PROXY TCP4 192.0.2.7 ', { kind: 'incomplete' }],
    [`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`, { kind: 'invalid' }],
    ['GET / HTTP/1.1\r\n', { kind: 'invalid' }],
    ['proxy TCP4 192.0.2.7 10.0.0.1 49152 80\r\n', { kind: 'invalid' }],
    ['PROXY TCP4 192.0.2.07 10.0.0.1 49152 80\r\n', { kind: 'invalid' }],
    ['PROXY TCP4 2001:db8::1 10.0.0.1 49152 80\r\n', { kind: 'invalid' }],
    ['PROXY TCP4 192.0.2.7 10.0.0.1 65536 80\r\n', { kind: 'invalid' }],
    ['PROXY TCP4 192.0.2.7 10.0.0.1 080 80\r\n', { kind: 'invalid' }],
    ['PROXY TCP4 192.0.2.7  10.0.0.1 49152 80\r\n', { kind: 'invalid' }],
    ['PROXY TCP4 192.0.2.7 10.0.0.1 49152 80\n\r\n', { kind: 'invalid' }],
  ])('reads version 1: %j', (line, expected) => {
    expect(text(line)).toEqual(expected);
  });

  it.each<[string, Buffer, ProxyHeader]>([
    ['IPv4', binary({ body: ipv4 }), from('192.0.2.7', 49_152, 28)],
    ['IPv6', binary({ family: 0x21, body: ipv6 }), from('2001:db8::1', 49_152, 52)],
    ['additions', binary({ body: Buffer.concat([ipv4, Buffer.alloc(9, 3)]) }), from('192.0.2.7', 49_152, 37)],
    ['a health check', binary({ command: 0x20, body: ipv4 }), { kind: 'header', length: 28, source: undefined }],
    [
      'a UNIX socket',
      binary({ family: 0x31, body: Buffer.alloc(216) }),
      { kind: 'header', length: 232, source: undefined },
    ],
    ['version 1 in binary', binary({ command: 0x11 }), { kind: 'invalid' }],
    ['an unknown command', binary({ command: 0x22 }), { kind: 'invalid' }],
    ['an unknown family', binary({ family: 0x41 }), { kind: 'invalid' }],
    ['too few bytes for addresses', binary({ body: ipv4.subarray(0, 11) }), { kind: 'invalid' }],
    ['too many bytes', binary({ size: 4097 }), { kind: 'invalid' }],
  ])('reads version 2: %s', (_, bytes, expected) => {
    expect(parseProxyHeader(bytes)).toEqual(expected);
  });

  it('wants more bytes of a header that was cut, wherever it was', () => {
    const headers = [
      binary({ body: ipv4 }),
      binary({ family: 0x21, body: ipv6 }),
      Buffer.from('PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n'),
    ];
    for (const bytes of headers)
      for (let length = 0; length < bytes.length; length++)
        expect(parseProxyHeader(bytes.subarray(0, length))).toEqual({ kind: 'incomplete' });
  });

  it('decides on any bytes, and never wants more than there may be', () => {
    const begins = [Buffer.alloc(0), Buffer.from('PROXY TCP4 '), binary({ body: ipv4 }).subarray(0, 13)];
    fc.assert(
      fc.property(fc.constantFrom(...begins), fc.uint8Array({ maxLength: 300 }), (begin, bytes) => {
        const header = parseProxyHeader(Buffer.concat([begin, bytes, Buffer.alloc(4112, 65)]));
        expect(header.kind).not.toBe('incomplete');
        const length = header.kind === 'header' ? header.length : 0;
        expect(length).toBeLessThanOrEqual(4112);
      }),
    );
  });
});
