import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalQuantity, quantityValue } from './quantity.ts';

test.each([
  ['1', '1'],
  ['0.5', '500m'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['2000', '2k'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['1e3', '1e3'],
  ['12e2', '1200'],
  ['3E', '3E'],
  ['0.1n', '1n'],
  ['-5', '-5'],
  ['0', '0'],
  ['00.50', '500m'],
])('%s is stored as %s', (given, canonical) => {
  expect(canonicalQuantity(given)).toBe(canonical);
});

test.each(['', 'abc', '1KiB', '1 Gi', '.', '-', '1e', '0x10', '1'.repeat(50)])('%s is no quantity', (text) => {
  expect(canonicalQuantity(text)).toBeUndefined();
  expect(quantityValue(text)).toBeUndefined();
});

test('the canonical form is worth the same and stays as it is', () => {
  const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3');
  fc.assert(
    fc.property(fc.nat(1_000_000), suffix, (number, unit) => {
      const canonical = canonicalQuantity(`${number}${unit}`)!;
      expect(quantityValue(canonical)).toBe(quantityValue(`${number}${unit}`));
      expect(canonicalQuantity(canonical)).toBe(canonical);
    }),
  );
});
