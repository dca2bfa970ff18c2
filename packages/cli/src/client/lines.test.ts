import fc from 'fast-check';
import { expect, it } from 'vitest';
import { prefixLines } from './lines.ts';

async function* chunksOf(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (const cut of [...cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    if (cut > from) yield bytes.subarray(from, cut);
    from = Math.max(from, cut);
  }
}

it('puts the prefix before each line, wherever the chunks are cut', async () => {
  const lines = fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', '')));
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat()), async (texts, cuts) => {
      const bytes = new TextEncoder().encode(texts.map((line) => `${line}\n`).join(''));
      let out = '';
      for await (const part of prefixLines(chunksOf(bytes, cuts), '> ')) out += part;
      expect(out).toBe(texts.map((line) => `> ${line}\n`).join(''));
    }),
  );
});
