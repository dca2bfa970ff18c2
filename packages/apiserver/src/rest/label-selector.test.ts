import fc from 'fast-check';
import { StatusError } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from './label-selector.ts';

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'front', n: '5', 'example.com/x': '' };

  it.each([
    ['app=web', true],
    ['app==web', true],
    ['app = web , tier = front', true],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (api, web)', true],
    ['app in (api)', false],
    ['app notin (api)', true],
    ['other notin (api)', true],
    ['app', true],
    ['!app', false],
    ['! other', true],
    ['n>4', true],
    ['n<5', false],
    ['app>4', false],
    ['example.com/x=', true],
    ['example.com/x', true],
    ['app=', false],
    ['app in (,web)', true],
    ['constructor', false],
  ])('%s', (text, expected) => {
    expect(parseLabelSelector(text)?.(labels)).toBe(expected);
  });

  it('matches all when empty', () => {
    expect(parseLabelSelector('')).toBeUndefined();
    expect(parseLabelSelector('  ')).toBeUndefined();
  });

  it.each([
    'app in',
    'app in (',
    'app in web',
    'a,',
    ',a',
    'a=b=c',
    '=a',
    'a b',
    'a in ()x',
    '(a)',
    'a=b,,c',
    'a>x',
    '-a=b',
    'a=-',
  ])('is refused as %s', (text) => {
    expect(() => parseLabelSelector(text)).toThrow(StatusError);
  });

  it('is read or refused, whatever it is', () => {
    const unit = fc.constantFrom('a', 'b', '/', '.', '-', '=', '!', '<', '>', '(', ')', ',', ' in ', ' notin ');
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        try {
          return typeof (parseLabelSelector(text)?.(labels) ?? true) === 'boolean';
        } catch (error) {
          return error instanceof StatusError;
        }
      }),
    );
  });

  it('agrees with a plain reading of equality', () => {
    const word = fc.constantFrom('a', 'b', 'c');
    fc.assert(
      fc.property(
        fc.dictionary(word, word),
        fc.array(fc.tuple(word, word, fc.boolean()), { minLength: 1 }),
        (have, terms) => {
          const text = terms.map(([key, value, equal]) => `${key}${equal ? '=' : '!='}${value}`).join(',');
          const expected = terms.every(([key, value, equal]) => (have[key] === value) === equal);
          expect(parseLabelSelector(text)?.(have)).toBe(expected);
        },
      ),
    );
  });
});
