import type { StatusError } from '@ebb/api';
import fc from 'fast-check';
import { createPatch } from 'rfc6902';
import { expect, test } from 'vitest';
import { jsonPatch } from './json-patch.ts';

function failure(target: unknown, operations: unknown): StatusError {
  try {
    jsonPatch(target, operations);
  } catch (error) {
    return error as StatusError;
  }
  throw new Error('the patch was taken');
}

test('carries out each operation', () => {
  const target = { a: [1, 2], b: { c: 'x' }, 'd/e~f': 1 };
  const result = jsonPatch<unknown>(target, [
    { op: 'add', path: '/a/-', value: 3 },
    { op: 'add', path: '/a/0', value: 0 },
    { op: 'replace', path: '/b/c', value: 'y' },
    { op: 'copy', from: '/b', path: '/g' },
    { op: 'move', from: '/b/c', path: '/h' },
    { op: 'test', path: '/h', value: 'y' },
    { op: 'test', path: '/nowhere', value: null },
    { op: 'remove', path: '/d~1e~0f' },
  ]);
  expect(result).toEqual({ a: [0, 1, 2, 3], b: {}, g: { c: 'y' }, h: 'y' });
  expect(target).toEqual({ a: [1, 2], b: { c: 'x' }, 'd/e~f': 1 });
});

test('the difference of two documents turns one into the other', () => {
  const document = fc
    .dictionary(fc.string({ maxLength: 3 }), fc.jsonValue())
    .filter((value) => !JSON.stringify(value).includes('__proto__'));
  fc.assert(
    fc.property(document, document, (from, to) => {
      const clean = JSON.parse(JSON.stringify(to)) as typeof to;
      expect(jsonPatch(from, createPatch(from, clean))).toEqual(clean);
    }),
  );
});

test.each([
  [{ op: 'remove', path: '/x' }],
  [{ op: 'replace', path: '/x/y', value: 1 }],
  [{ op: 'shrug', path: '/a' }],
  [{ op: 'add', path: 'a', value: 1 }],
  [{ op: 'add', path: '/a' }],
  [{ op: 'move', path: '/a' }],
  [{ op: 'add', path: '/x/y', value: 1 }],
  [{ op: 'add', path: '/a/2', value: 1 }],
  [{ op: 'add', path: '/a/01', value: 1 }],
  [{ op: 'remove', path: '/a/-' }],
  [{ op: 'replace', path: '/a/length', value: 0 }],
  [{ op: 'move', from: '/x', path: '/y' }],
  [{ op: 'test', path: '/a', value: [2] }],
  [{ op: 'add', path: '/hasOwnProperty/call', value: 1 }],
  [{ op: 'add', path: '/__proto__', value: { polluted: 1 } }],
  [{ op: 'add', path: '/__proto__/polluted', value: 1 }],
  [{ op: 'copy', from: '/constructor', path: '/c' }],
])('%j does not apply to {"a":[1]}', (operation) => {
  expect(failure({ a: [1] }, [operation])).toMatchObject({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
  });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test.each([[{}], [[1]], [[{ op: 'add', path: '/a', value: JSON.parse('{"b":{"__proto__":{}}}') as unknown }]]])(
  '%j is no patch',
  (operations) => {
    expect(failure({}, operations)).toMatchObject({ code: 400, reason: 'BadRequest' });
  },
);

test('adds what it is to replace and is not there, as Kubernetes does', () => {
  expect(jsonPatch({ a: {} }, [{ op: 'replace', path: '/a/b', value: 1 }])).toEqual({ a: { b: 1 } });
});

test('bounds the number of operations and the bytes that copies add', () => {
  const test = { op: 'test', path: '/a', value: 1 };
  expect(failure({ a: 1 }, Array(10_001).fill(test))).toMatchObject({ code: 413 });
  const double = { op: 'copy', from: '/a', path: '/a/b' };
  const grow = Array.from({ length: 60 }, () => [
    double,
    { op: 'copy', from: '/a', path: '/c' },
    { op: 'move', from: '/c', path: '/a' },
  ]);
  expect(failure({ a: { text: 'x'.repeat(1000) } }, grow.flat()).details?.causes?.[0]?.message).toContain('copies');
});
