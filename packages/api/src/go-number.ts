/** Numbers and booleans in text, read as Go's `strconv` reads them: ConfigMaps and annotations are written for it. */

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const hexadecimal = /^([+-]?)0x([\da-f]*)\.?([\da-f]*)p([+-]?\d+)$/i;
const infinity = /^([+-]?)inf(?:inity)?$/i;

/** As `ParseFloat(text, 64)`; `undefined` if the text is no number or too large for a double. */
export function parseGoFloat(text: string): number | undefined {
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinite = infinity.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  const plain = withoutSeparators(text);
  if (plain === undefined) return undefined;
  const value = decimal.test(plain) ? Number(plain) : parseHexFloat(plain);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** As `ParseInt(text, 10, 64)` but of any size: what fits is for the caller to say. `undefined` if the text is no integer. */
export function parseGoInteger(text: string): bigint | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : undefined;
}

/** As `ParseInt(text, 10, 32)`; `undefined` if the text is no integer or does not fit. */
export function parseGoInt32(text: string): number | undefined {
  const value = parseGoInteger(text);
  return value !== undefined && BigInt.asIntN(32, value) === value ? Number(value) : undefined;
}

/** As `ParseBool`: `1 t T TRUE true True 0 f F FALSE false False`, else `undefined`. */
export function parseGoBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}

/** Takes out the underscores between digits; `undefined` if one stands elsewhere. */
function withoutSeparators(text: string): string | undefined {
  if (!text.includes('_')) return text;
  const digit = /^[+-]?0x/i.test(text) ? '[\\dA-Fa-fxX]' : '\\d';
  const misplaced = new RegExp(`(?<!${digit})_|_(?!${digit})`);
  return misplaced.test(text) ? undefined : text.replaceAll('_', '');
}

function parseHexFloat(text: string): number | undefined {
  const [, sign, whole = '', fraction = '', exponent] = hexadecimal.exec(text) ?? [];
  if (whole + fraction === '') return undefined;
  const mantissa = Number(`0x${whole}${fraction}`);
  const value = mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === '-' ? -value : value;
}
