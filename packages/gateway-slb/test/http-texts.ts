import fc from 'fast-check';

/** Not passed on as they came. */
const ownAffair =
  /^(host|connection|transfer-encoding|content-length|expect|upgrade|te|keep-alive|proxy-connection|trailer|x-forwarded-\w+|http2-settings):/i;

/** Headers as `name: value`, without those that are each side's own affair. */
export const sorted = (list: readonly string[]): string[] =>
  list
    .flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${list[i + 1]}`] : []))
    .filter((line) => !ownAffair.test(line))
    .toSorted();

/** All of it at once; cut in two at each of these places; byte by byte. */
export function cuts(bytes: Buffer, places: readonly number[]): Buffer[][] {
  const inTwo = places.map((at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  return [[bytes], ...inTwo, Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))];
}

export const everyPlace = (bytes: Buffer): number[] => Array.from({ length: bytes.length }, (_, i) => i);

export const oneOf = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
export const word = fc.stringMatching(/^[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,8}$/);
export const value = fc.stringMatching(/^([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]{0,10}[\x21-\x7e\x80-\xff])?)?$/);
const length = fc.nat({ max: 40 });

const chunkedBody = fc
  .tuple(
    fc.array(fc.tuple(fc.stringMatching(/^[a-z0-9]{1,12}$/), oneOf('', '', ';a', ';a=b', ';a="b c"', '; a = b')), {
      maxLength: 3,
    }),
    fc.array(fc.tuple(word, value), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([chunks, trailers, capitals]) => {
    const size = ({ length: bytes }: string): string =>
      capitals ? bytes.toString(16).toUpperCase() : `0${bytes.toString(16)}`;
    const data = chunks.map(([text, extension]) => `${size(text)}${extension}\r\n${text}\r\n`).join('');
    return `${data}0\r\n${trailers.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n`;
  });

/** How a body is announced, and the body. */
export const framing = fc.oneof(
  fc.constant(['', ''] as const),
  length.map((bytes) => [`Content-Length: ${bytes}\r\n`, 'x'.repeat(bytes)] as const),
  chunkedBody.map((body) => ['Transfer-Encoding: chunked\r\n', body] as const),
);

/** What attackers put where it does not belong. */
export const scrap = fc.oneof(
  oneOf(
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    ' ',
    '\t',
    '\0',
    '\x0b',
    '\x0c',
    '\x7f',
    '\xff',
    ':',
    ',',
    ';',
    '"',
    '0',
    '-',
    '+',
    '0x',
    '\r\n ',
    '\n\n',
    'Transfer-Encoding: chunked\r\n',
    'Transfer-Encoding: identity\r\n',
    'Content-Length: 5\r\n',
    'Content-Length: 0\r\n',
    'Host: b\r\n',
    'Connection: close\r\n',
    'Upgrade: websocket\r\nConnection: Upgrade\r\n',
    'Expect: 100-continue\r\n',
    'GET / HTTP/1.1\r\n',
    'HTTP/1.1',
    '0\r\n\r\n',
    '5\r\nhello\r\n',
    'chunked',
    'ffffffffffffffff',
  ),
  fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
);

/** A place, as a share of the whole; how much goes; what comes instead. */
export const mutation = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 3 }), scrap);

export function mutate(text: string, mutations: readonly (readonly [number, number, string])[]): string {
  return mutations.reduce((whole, [share, gone, put]) => {
    const at = Math.floor(share * whole.length);
    return whole.slice(0, at) + put + whole.slice(at + gone);
  }, text);
}

export const places = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 8 });
