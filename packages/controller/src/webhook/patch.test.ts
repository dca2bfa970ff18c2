import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { json } from '../../test/reviews.ts';
import { patchBetween } from './patch.ts';

describe('a JSON patch', () => {
  it('leads from any JSON to any other', () => {
    fc.assert(
      fc.property(json, json, (from, to) => {
        const before: unknown = JSON.parse(JSON.stringify(from));
        const after: unknown = JSON.parse(JSON.stringify(to));
        const result = { document: structuredClone(before) };
        const patch = patchBetween({ document: before }, { document: after });
        expect(applyPatch(result, patch).filter(Boolean)).toEqual([]);
        expect(result.document).toEqual(after);
      }),
    );
  });

  it('is empty between equals', () => {
    expect(patchBetween({ a: [{ b: 1 }] }, { a: [{ b: 1 }] })).toEqual([]);
  });

  it('takes long lists without ado', () => {
    const list = (make: (index: number) => unknown): unknown[] => Array.from({ length: 50_000 }, (_, i) => make(i));
    const patch = patchBetween({ list: list((i) => ({ i })) }, { list: list((i) => ({ i, port: 80 })) });
    expect(patch).toHaveLength(1);
  });
});
