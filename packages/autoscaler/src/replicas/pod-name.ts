import { childName } from '@ebb/api';

/** Letters and digits that make no words and are not mistaken for each other, as Kubernetes uses them. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const suffixLength = 5;

/** A new name for a pod of a revision: `<revision>-deployment-<group><5 random>`. `random` gives numbers in [0, 1). */
export function podNameFor(revision: string, random: () => number, group = ''): string {
  const letter = (): string => alphabet[Math.floor(random() * alphabet.length)] ?? 'b';
  const suffix = Array.from({ length: suffixLength }, letter).join('');
  return childName(revision, `-deployment-${group}${suffix}`);
}
