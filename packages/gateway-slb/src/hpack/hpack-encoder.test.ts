import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';

const lots = 1_000_000;
const latin1 = (constraints: { maxLength: number }): fc.Arbitrary<string> =>
  fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), ...constraints });

describe('HpackEncoder', () => {
  it('writes a field once and points at it from then on', () => {
    const encoder = new HpackEncoder();
    const list = [':status', '200', 'content-type', 'text/plain', 'x-served-by', 'a'];
    expect(encoder.encode(list).toString('latin1')).toBe('\x88\x5f\x0atext/plain\x40\x0bx-served-by\x01a');
    expect(encoder.encode(list).toString('hex')).toBe('88bfbe');
    expect(encoder.encode(['x-served-by', 'b']).toString('latin1')).toBe('\x7e\x01b');
  });

  it('returns the very block for lists that come again, in turns too', () => {
    const encoder = new HpackEncoder();
    const head = [':status', '200', 'x-served-by', 'a'];
    const trailers = ['grpc-status', '0'];
    for (let i = 0; i < 4; i++) for (const list of [head, trailers]) encoder.encode(list);
    const block = encoder.encode(head);
    expect(encoder.encode([...trailers]).toString('hex')).toBe('be');
    expect(encoder.encode([...head])).toBe(block);
    expect(block.toString('hex')).toBe('88bf');
    encoder.encode(['date', 'today']);
    expect(encoder.encode(head).toString('hex')).toBe('88c0');
  });

  it.each([
    ['authorization', 'Bearer of the secret with many letters'],
    ['proxy-authorization', 'Basic YTpi'],
    ['cookie', 'sid=1'],
    ['set-cookie', 'sid=1'],
  ])('asks all others on the way never to insert a secret %s', (name, value) => {
    const encoder = new HpackEncoder();
    for (let i = 0; i < 2; i++) {
      const block = encoder.encode([name, value]);
      expect((block[0] ?? 0) & 0xf0).toBe(0x10);
      expect(block.toString('latin1')).toContain(value);
    }
  });

  it('inserts nothing that seldom comes twice, or would take most of the table', () => {
    const encoder = new HpackEncoder();
    const list = [':path', '/a', 'cookie', 'sid=0123456789abcdef', 'x-request-id', '1', 'x-large', 'l'.repeat(3000)];
    const block = encoder.encode(list);
    expect(encoder.encode(list)).toEqual(block);
    expect(new HpackDecoder().decode(block, lots)).toEqual(list);
  });

  it('says the smallest table size it was told, and the last', () => {
    const encoder = new HpackEncoder();
    encoder.encode(['a', 'b']);
    encoder.setTableSize(100_000);
    expect(encoder.encode(['a', 'b']).toString('hex')).toBe('be');
    encoder.setTableSize(0);
    encoder.setTableSize(100);
    expect(encoder.encode(['a', 'b']).toString('hex')).toBe('203f45' + '4001610162');
    encoder.setTableSize(0);
    expect(encoder.encode(['a', 'b']).toString('hex')).toBe('20' + '0001610162');
    expect(encoder.encode(['a', 'b']).toString('hex')).toBe('0001610162');
  });

  it('says a size it was told in between even if it is the old one again', () => {
    const encoder = new HpackEncoder();
    const list = [':status', '200'];
    encoder.encode(list);
    encoder.setTableSize(0);
    encoder.setTableSize(4096);
    expect(encoder.encode(list).toString('hex')).toBe('203fe11f88');
    expect(encoder.encode(list).toString('hex')).toBe('88');
  });

  it('is understood by a decoder, through evictions and changes of the table size', () => {
    const name = fc.constantFrom(':path', 'date', 'content-type', 'cookie', 'a', 'b', 'x-long-name');
    const value = fc.oneof(fc.constantFrom('', 'text/html', '/'), latin1({ maxLength: 300 }));
    const list = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((fields) => fields.flat());
    const sizes = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(fc.tuple(sizes, list), { maxLength: 20 }), (turns) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder();
        for (const [some, fields] of turns) {
          for (const bytes of some) encoder.setTableSize(bytes);
          for (let again = 0; again < 2; again++) expect(decoder.decode(encoder.encode(fields), lots)).toEqual(fields);
        }
      }),
      { numRuns: 100 },
    );
  });
});
