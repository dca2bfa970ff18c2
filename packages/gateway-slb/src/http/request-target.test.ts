import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTarget } from './request-target.ts';

describe('readTarget', () => {
  it.each([
    ['/a?b', { path: '/a?b', host: undefined }],
    ['//a', { path: '//a', host: undefined }],
    ['http://h.example:80/a?b', { path: '/a?b', host: 'h.example:80' }],
    ['HTTP://h.example', { path: '/', host: 'h.example' }],
    ['http://h.example?b', { path: '/?b', host: 'h.example' }],
    ['http://user@h.example/', undefined],
    ['http:///a', undefined],
    ['ftp://h/', undefined],
    ['*', undefined],
    ['a', undefined],
  ])('reads %j', (target, expected) => {
    expect(readTarget(target)).toEqual(expected);
  });

  it('gives a path that begins with a slash, or none', () => {
    fc.assert(fc.property(fc.string(), (target) => readTarget(target)?.path.startsWith('/') ?? true));
  });
});
