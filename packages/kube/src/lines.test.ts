import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLines } from './lines.ts';

async function* chunked(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

async function linesOf(text: string | Uint8Array, cuts: readonly number[] = [], limit?: number): Promise<string[]> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const lines: string[] = [];
  for await (const line of readLines(chunked(bytes, cuts), limit)) lines.push(line);
  return lines;
}

test('gives the same lines wherever the chunks end', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(), { maxLength: 8 }), async (lines, cuts) => {
      expect(await linesOf(lines.map((text) => `${text}\n`).join(''), cuts)).toEqual(lines);
    }),
  );
});

test('leaves out empty lines and gives a last one without newline', async () => {
  expect(await linesOf('a\n\n\r\nb')).toEqual(['a', 'b']);
});

test('refuses a line that is too long, and one that is not UTF-8', async () => {
  expect(await linesOf('1234\n1234\n', [], 4)).toEqual(['1234', '1234']);
  await expect(linesOf('12345', [2], 4)).rejects.toThrow('longer than 4 bytes');
  await expect(linesOf(Uint8Array.of(0xc3, 0x0a))).rejects.toThrow('not valid UTF-8');
});
