import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackError } from './hpack-error.ts';

const lots = 65_536;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
/** Makes the table as small as the examples have it. */
const to256 = '3fe101';

const request = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com'];
const secondRequest = [...request, 'cache-control', 'no-cache'];
const thirdRequest = [':method', 'GET', ':scheme', 'https', ':path', '/index.html', ...request.slice(6)];
thirdRequest.push('custom-key', 'custom-value');
const date = 'Mon, 21 Oct 2013 20:13:21 GMT';
const location = ['location', 'https://www.example.com'];
const answer = [':status', '302', 'cache-control', 'private', 'date', date, ...location];
const secondAnswer = [':status', '307', ...answer.slice(2)];
const cookie = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const thirdAnswer = [
  ':status',
  '200',
  'cache-control',
  'private',
  'date',
  date.replace('21 GMT', '22 GMT'),
  ...location,
];
thirdAnswer.push('content-encoding', 'gzip', 'set-cookie', cookie);

describe('HpackDecoder reads the examples of RFC 7541, appendix C:', () => {
  it.each<[string, string[], string[][]]>([
    ['C.2.1', ['400a637573746f6d2d6b65790d637573746f6d2d686561646572'], [['custom-key', 'custom-header']]],
    ['C.2.2', ['040c2f73616d706c652f70617468'], [[':path', '/sample/path']]],
    ['C.2.3', ['100870617373776f726406736563726574'], [['password', 'secret']]],
    ['C.2.4', ['82'], [[':method', 'GET']]],
    [
      'C.3',
      [
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ],
      [request, secondRequest, thirdRequest],
    ],
    [
      'C.4',
      [
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ],
      [request, secondRequest, thirdRequest],
    ],
    [
      'C.5',
      [
        `${to256}4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e17
         68747470733a2f2f7777772e6578616d706c652e636f6d`,
        '4803333037c1c0bf',
        `88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b
         425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31`,
      ],
      [answer, secondAnswer, thirdAnswer],
    ],
    [
      'C.6',
      [
        `${to256}488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
        '4883640effc1c0bf',
        `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f36
         72c1ab270fb5291f9587316065c003ed4ee5b1063d5007`,
      ],
      [answer, secondAnswer, thirdAnswer],
    ],
  ])('%s', (_, blocks, lists) => {
    const decoder = new HpackDecoder();
    expect(blocks.map((block) => decoder.decode(hex(block), lots))).toEqual(lists);
  });
});

describe('HpackDecoder refuses', () => {
  it.each([
    ['index 0', '80'],
    ['an index past the static table, while the dynamic one is empty', 'be'],
    ['a name past the tables', '7f00 0161'],
    ['an index that is cut short', 'ff'],
    ['an index of too many octets', 'ff8080808080808080808000'],
    ['an index of 32 bits', 'ffffffffff0f'],
    ['a literal without a value', '4001 61'],
    ['a literal without a name', '40'],
    ['a value that is cut short', '0405 2f'],
    ['a length past all that is there', '04 7f ffffff7f'],
    ['padding that is longer than seven bits', '0481 ff'],
    ['a character and eight bits of padding', '0482 1fff'],
    ['padding that is not all ones', '0481 18'],
    ['the end of a string within one', '0484 ffffffff'],
    ['the end of a string before more', '0485 fffffffc1f'],
    ['a table size over the limit', '3fe21f'],
    ['a table size update after a field', '82 20'],
    ['three table size updates', '20 20 20'],
    ['what has been evicted', `4001610162 20 be`],
  ])('%s', (_, block) => {
    expect(() => new HpackDecoder().decode(hex(block), lots)).toThrow(HpackError);
  });

  it('a first block without the table size update that it has asked for', () => {
    expect(() => new HpackDecoder(100).decode(hex('82'), lots)).toThrow('is missing');
    expect(() => new HpackDecoder(100).decode(hex('3f46 82'), lots)).toThrow('over the limit');
    expect(new HpackDecoder(100).decode(hex('3f45 82'), lots)).toEqual([':method', 'GET']);
    expect(new HpackDecoder(lots).decode(hex('3fe1ff03 82'), lots)).toEqual([':method', 'GET']);
  });
});

describe('HpackDecoder', () => {
  it('reads the rarest octets in Huffman’s code', () => {
    const octets = '\r\n\x16\0\x80\xff1a{\\\xfe\x7f';
    const block = hex('049f fffffff7ffffffcfffffffbff1fffcdfffff7047fffbfff87fffff0ffffffc');
    expect(new HpackDecoder().decode(block, lots)).toEqual([':path', octets]);
  });

  it('returns the very array for a block that comes again, until the table has changed', () => {
    const decoder = new HpackDecoder();
    const inserting = hex('4001610162');
    const first = decoder.decode(inserting, lots);
    expect(decoder.decode(inserting, lots)).not.toBe(first);
    const block = hex('82be');
    const list = decoder.decode(block, lots);
    expect(list).toEqual([':method', 'GET', 'a', 'b']);
    expect(decoder.decode(Buffer.from(block), lots)).toBe(list);
    const other = decoder.decode(hex('be'), lots);
    expect(decoder.decode(hex('82be'), lots)).toBe(list);
    expect(decoder.decode(hex('be'), lots)).toBe(other);
    expect(decoder.decode(block, 10)).toBeUndefined();
    expect(decoder.decode(hex('4001610163'), lots)).toEqual(['a', 'c']);
    expect(decoder.decode(block, lots)).toEqual([':method', 'GET', 'a', 'c']);
    expect(decoder.decode(hex('20'), lots)).toEqual([]);
    expect(() => decoder.decode(block, lots)).toThrow(HpackError);
  });

  it('keeps nothing of the buffer a block came in', () => {
    const decoder = new HpackDecoder();
    const long = Buffer.concat([hex('04 7f 49'), Buffer.alloc(200, 'x')]);
    const list = decoder.decode(long, lots);
    long.fill('y', 3);
    expect(decoder.decode(long, lots)).toEqual([':path', 'y'.repeat(200)]);
    expect(list).toEqual([':path', 'x'.repeat(200)]);
  });

  it('reads a block to its end whose list is too long, and keeps the table right', () => {
    const decoder = new HpackDecoder();
    const limit = 42 + 34;
    expect(decoder.decode(hex('82 4001610162'), limit)).toEqual([':method', 'GET', 'a', 'b']);
    expect(decoder.decode(hex('82 4001610163'), limit - 1)).toBeUndefined();
    expect(decoder.decode(hex('bf be'), limit)).toEqual(['a', 'b', 'a', 'c']);
    expect(() => decoder.decode(hex('82 be 80'), 10)).toThrow(HpackError);
  });

  it('cuts what a small block would blow up to', () => {
    const decoder = new HpackDecoder();
    const value = Buffer.alloc(4000, 'v');
    expect(decoder.decode(Buffer.concat([hex('4001 61 7fa11e'), value]), lots)).toHaveLength(2);
    expect(decoder.decode(Buffer.alloc(16_384, 0xbe), lots)).toBeUndefined();
    expect(decoder.decode(Buffer.from([0xbe]), lots)).toHaveLength(2);
  });

  it('empties its table for an entry that is too large for it', () => {
    const decoder = new HpackDecoder();
    expect(
      decoder.decode(Buffer.concat([hex('4001610162 4001 63 7f811f'), Buffer.alloc(4096, 'v')]), lots),
    ).toHaveLength(4);
    expect(() => decoder.decode(hex('be'), lots)).toThrow(HpackError);
  });

  it('throws nothing else, whatever it reads', () => {
    const octet = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x3f, 0x40, 0x82, 0xbe, 0xff, 0x00));
    const blocks = fc.array(fc.array(octet, { maxLength: 60 }), { maxLength: 6 });
    fc.assert(
      fc.property(blocks, fc.integer({ min: 0, max: 300 }), (some, limit) => {
        const decoder = new HpackDecoder();
        const read = (): unknown => some.map((block) => decoder.decode(Buffer.from(block), limit));
        expect(errorOf(read) ?? new HpackError()).toBeInstanceOf(HpackError);
      }),
      { numRuns: 500 },
    );
  });
});

function errorOf(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}
