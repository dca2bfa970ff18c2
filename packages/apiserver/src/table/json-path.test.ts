import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonPath } from './json-path.ts';

const object = {
  a: { 'b.c/d': 1, e: [1, 2, 3], f: "it's" },
  list: [
    { name: 'x', size: 1, tags: ['red'] },
    { name: 'y', size: 2, deep: { on: true } },
  ],
};

test.each<[path: string, found: unknown[]]>([
  ['.a.f', ["it's"]],
  ['$.a.f', ["it's"]],
  ['{.a.f}', ["it's"]],
  ['.a.b\\.c/d', [1]],
  [".a['b.c/d']", [1]],
  [".a['b\\.c/d']", [1]],
  ['.a["b.c/d"]', [1]],
  ['.a.e[0]', [1]],
  ['.a.e[-1]', [3]],
  ['.a.e[1:]', [2, 3]],
  ['.a.e[0:2]', [1, 2]],
  ['.a.e[::2]', [1, 3]],
  ['.a.e[0,2]', [1, 3]],
  ['.a.e[*]', [1, 2, 3]],
  ['.list[*].name', ['x', 'y']],
  ['.list[*]["name","size"]', ['x', 1, 'y', 2]],
  ['..name', ['x', 'y']],
  [".list[?(@.name=='y')].size", [2]],
  ['.list[?(@.name=="y")].size', [2]],
  ['.list[?(@.name != "y")].size', [1]],
  ['.list[?(@.size>1)].name', ['y']],
  ['.list[?(@.size<=1)].name', ['x']],
  ['.list[?(@.deep.on==true)].name', ['y']],
  ['.list[?(@.deep)].name', ['y']],
  [".list[?(@.tags[0]=='red')].name", ['x']],
  ['.nothing.there', []],
  ['.a.e.f', []],
  ['.constructor', []],
  ['.', [object]],
])('%s finds %j', (path, found) => {
  expect(jsonPath(path)(object)).toEqual(found);
});

test.each(['.a[', '.a[x', '.a[1:2:0]', '.a[abc def]', '.a]'])('%s cannot be read', (path) => {
  expect(() => jsonPath(path)).toThrow(SyntaxError);
});

test('any path is read or refused, and any value is searched', () => {
  const piece = fc.constantFrom('.', '..', '[', ']', '*', 'a', "'b'", '?(', '@.a', '==', ')', '0', ':', ',', '\\');
  const outcome = (path: string, value: unknown): string => {
    try {
      return Array.isArray(jsonPath(path)(value)) ? 'found' : 'lost';
    } catch (error) {
      return error instanceof SyntaxError ? 'refused' : 'broken';
    }
  };
  fc.assert(
    fc.property(fc.array(piece), fc.jsonValue(), (pieces, value) => {
      expect(['found', 'refused']).toContain(outcome(pieces.join(''), value));
    }),
  );
});
