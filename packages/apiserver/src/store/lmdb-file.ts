import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Layout of LMDB's first two pages, data version 2: numbers are little-endian, offsets from the start of a page. */
const magic = 0xbeefc0de;
const magicAt = 24;
const pageSizeAt = 48;
const lastPageAt = 144;
const transactionAt = 152;
const headLength = 160;

/**
 * Throws unless a file is whole as far as its two headers tell. LMDB itself would take an empty file for a new one, and
 * kill the process when it reads beyond the end of one that was cut.
 */
export function checkLmdbFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const first = readHead(file, 0);
    const pageSize = first?.readUInt32LE(pageSizeAt) ?? 0;
    const second = pageSize > 0 ? readHead(file, pageSize) : undefined;
    if (!first || !second) throw new Error('its file is damaged');
    const newer = transactionOf(second) > transactionOf(first) ? second : first;
    const needed = (newer.readBigUInt64LE(lastPageAt) + 1n) * BigInt(pageSize);
    if (BigInt(size) < needed) throw new Error(`its file is damaged: ${size} bytes, and ${needed} are used`);
  } finally {
    closeSync(file);
  }
}

function transactionOf(head: Buffer): bigint {
  return head.readBigUInt64LE(transactionAt);
}

function readHead(file: number, position: number): Buffer | undefined {
  const head = Buffer.alloc(headLength);
  const length = readSync(file, head, 0, headLength, position);
  return length === headLength && head.readUInt32LE(magicAt) === magic ? head : undefined;
}
