import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childName } from './child-name.ts';

describe('childName', () => {
  it('joins parent and suffix where they fit', () => {
    expect(childName('hello', '-00001')).toBe('hello-00001');
    expect(childName('a'.repeat(57), '-00001')).toBe(`${'a'.repeat(57)}-00001`);
  });

  it('puts a hash of the parent before a short suffix', () => {
    const name = childName('a'.repeat(60), '-00001');
    expect(name).toMatch(/^a{25}[0-9a-f]{32}-00001$/);
  });

  it('keeps names apart, short, and ending in a letter or digit', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '1'), minLength: 1, maxLength: 90 });
    fc.assert(
      fc.property(text, text, (parent, suffix) => {
        const name = childName(parent, suffix);
        expect(name.length).toBeLessThanOrEqual(63);
        expect(childName(parent, suffix)).toBe(name);
        expect(childName(`${parent}x`, suffix)).not.toBe(name);
      }),
    );
  });
});
