import { randomInt } from 'node:crypto';

/** No vowels and no look-alikes, so that no word comes out by chance. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;
const maxNameLength = 63;

/** A name made of `generateName` (cut so that all fits 63 characters) and five random characters. */
export function generateName(base: string): string {
  const suffix = Array.from({ length: suffixLength }, () => alphabet[randomInt(alphabet.length)]).join('');
  return base.slice(0, maxNameLength - suffixLength) + suffix;
}
