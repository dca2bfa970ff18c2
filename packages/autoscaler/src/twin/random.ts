/**
 * Numbers in [0, 1) that are the same for the same seed and name (Mulberry32, 32 bits of state). Different names give streams that
 * have nothing to do with each other: one that is drawn from more often leaves the others as they are.
 */
export function seededRandom(seed: number, name: string): () => number {
  let state = seed | 0;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x5bd1e995) ^ (state >>> 15);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A draw from the standard normal distribution, by Box and Muller. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A draw from the exponential distribution of mean 1. */
export function exponential(random: () => number): number {
  return -Math.log(1 - random());
}
