/** Suffixes in steps of a thousand, from 10⁻⁹ to 10¹⁸, and in steps of 1024. */
const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const form = /^([-+]?)(\d{0,40})(?:\.(\d{0,40}))?([numkMGTPE]|[KMGTPE]i|[eE][-+]?\d{1,2})?$/;
const nanos = 10n ** 9n;

/**
 * An amount in the form Kubernetes stores: `0.5` as `500m`, `1024Mi` as `1Gi`, `1000m` as `1`; `undefined` if the text
 * is no quantity. What is finer than a billionth is rounded up.
 */
export function canonicalQuantity(text: string): string | undefined {
  const [, sign = '', whole = '', fraction = '', suffix = ''] = form.exec(text) ?? [];
  if (whole === '' && fraction === '') return undefined;
  const amount = scaled(BigInt(whole + fraction), fraction.length, suffix);
  const digits = suffix.endsWith('i') ? inBinary(amount) : inDecimal(amount, /^[eE]./.test(suffix));
  return amount > 0n && sign === '-' ? `-${digits}` : digits;
}

/** The amount as a number, for comparing; `undefined` if the text is no quantity. */
export function quantityValue(text: string): number | undefined {
  const [, sign = '', whole = '', fraction = '', suffix = ''] = form.exec(text) ?? [];
  if (whole === '' && fraction === '') return undefined;
  const value = Number(scaled(BigInt(whole + fraction), fraction.length, suffix)) / Number(nanos);
  return sign === '-' ? -value : value;
}

/** In billionths: `digits` with so many of them behind the point, times what the suffix says. */
function scaled(digits: bigint, behindPoint: number, suffix: string): bigint {
  if (suffix.endsWith('i'))
    return divideUp(digits * 1024n ** BigInt(binary.indexOf(suffix)) * nanos, 10n ** BigInt(behindPoint));
  const exponent = /^[eE]./.test(suffix) ? Number(suffix.slice(1)) : (decimal.indexOf(suffix) - 3) * 3;
  const power = exponent + 9 - behindPoint;
  return power >= 0 ? digits * 10n ** BigInt(power) : divideUp(digits, 10n ** BigInt(-power));
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

function inBinary(amount: bigint): string {
  if (amount % nanos !== 0n || amount < 1024n * nanos) return inDecimal(amount, false);
  let value = amount / nanos;
  let step = 0;
  for (; step < binary.length - 1 && value % 1024n === 0n; step++) value /= 1024n;
  return `${value}${binary[step]}`;
}

function inDecimal(amount: bigint, withExponent: boolean): string {
  if (amount === 0n) return '0';
  let value = amount;
  let step = 0;
  for (; step < decimal.length - 1 && value % 1000n === 0n; step++) value /= 1000n;
  if (!withExponent) return `${value}${decimal[step]}`;
  return step === 3 ? `${value}` : `${value}e${(step - 3) * 3}`;
}
