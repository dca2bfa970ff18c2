import { HpackError } from './hpack-error.ts';

/** How many bits stand for each octet, and at last for the end of a string (RFC 7541, appendix B). The code itself follows: it is canonical. */
const codeLengths: readonly number[] = `
  13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28 6 10 10 12 13
  6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10 13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7
  8 7 8 13 19 13 14 6 15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28 20 22 20 20 22 22 22
  23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24 22 21 20 22 22 23 23 21 23 22 22 24
  21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23 26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19
  21 26 27 27 26 27 24 21 21 26 26 28 27 27 27 20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27
  27 27 27 28 27 27 27 27 27 26 30`
  .trim()
  .split(/\s+/)
  .map(Number);

const endOfString = 256;
/** The node a string that holds the code of the end of a string, which none may, stays at. */
const dead = 256;
const symbolBit = 0x100;
const nodeShift = 9;

/** The tree of the code: for each of the 256 inner nodes, where 0 and where 1 lead to: a node, or a symbol as `-1 - symbol`. */
function buildTree(): Int16Array {
  const tree = new Int16Array(2 * 256);
  const symbols = codeLengths.map((_, symbol) => symbol);
  symbols.sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  let nodes = 1;
  let code = 0;
  let length = 0;
  for (const symbol of symbols) {
    code <<= lengthOf(symbol) - length;
    length = lengthOf(symbol);
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const at = 2 * node + ((code >> bit) & 1);
      tree[at] ||= nodes++;
      node = tree[at];
    }
    tree[2 * node + (code & 1)] = -1 - symbol;
    code++;
  }
  return tree;
}

const lengthOf = (symbol: number): number => codeLengths[symbol] ?? 0;

/**
 * What four bits lead to, from each node: the next node, and the symbol they completed, if any. The shortest code has five bits, so there
 * is never more than one.
 */
function buildSteps(tree: Int16Array): Int32Array {
  const steps = new Int32Array((dead + 1) * 16).fill(dead << nodeShift);
  for (let at = 0; at < dead * 16; at++) {
    let node = at >> 4;
    let symbol = 0;
    for (let bit = 3; bit >= 0 && node !== dead; bit--) {
      const next = tree[2 * node + ((at >> bit) & 1)] ?? 0;
      if (next < 0) symbol = (-1 - next) | symbolBit;
      node = next >= 0 ? next : -1 - next === endOfString ? dead : 0;
    }
    steps[at] = (node << nodeShift) | (node === dead ? 0 : symbol);
  }
  return steps;
}

/** The nodes a string may end at: padding is at most seven bits, all of them ones (RFC 7541, section 5.2). */
function findEnds(tree: Int16Array): Uint8Array {
  const ends = new Uint8Array(dead + 1);
  let node = 0;
  for (let bits = 0; bits <= 7; bits++) {
    ends[node] = 1;
    node = tree[2 * node + 1] ?? 0;
  }
  return ends;
}

const tree = buildTree();
const steps = buildSteps(tree);
const ends = findEnds(tree);

/** Most octets that a coded string of this length stands for: the shortest code has five bits. */
export const mostDecoded = (length: number): number => Math.ceil((length * 8) / 5);

/** Decodes the octets from `start` to `end` into `target`, and returns how many they became. Throws an HpackError at what is no coded string. */
export function decodeHuffman(source: Uint8Array, start: number, end: number, target: Uint8Array): number {
  let node = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const octet = source[at] ?? 0;
    let step = steps[(node << 4) | (octet >> 4)] ?? 0;
    if ((step & symbolBit) !== 0) target[length++] = step;
    step = steps[((step >> nodeShift) << 4) | (octet & 15)] ?? 0;
    if ((step & symbolBit) !== 0) target[length++] = step;
    node = step >> nodeShift;
  }
  if (ends[node] === 0) throw new HpackError('a Huffman-coded string ends wrongly, or holds the end of a string');
  return length;
}
