import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError, decode } from './decode.ts';
import { serviceShape } from './shapes.ts';

describe('decode', () => {
  it.each([
    [{ spec: [] }, 'cannot decode a list into field spec, which is an object'],
    [{ spec: { template: { spec: { containers: {} } } } }, 'field spec.template.spec.containers, which is a list'],
    [
      { spec: { template: { spec: { containers: [{ image: 5 }] } } } },
      'cannot decode a number into field spec.template.spec.containers[0].image, which is a string',
    ],
    [{ spec: { template: { spec: { timeoutSeconds: '5' } } } }, 'timeoutSeconds, which is an integer'],
    [{ spec: { template: { spec: { timeoutSeconds: 1.5 } } } }, 'timeoutSeconds, which is an integer'],
    [{ metadata: { labels: { a: true } } }, 'cannot decode a boolean into field metadata.labels.a, which is a string'],
    [7, 'cannot decode a number into field , which is an object'],
  ])('refuses %j', (value, message) => {
    expect(() => decode(serviceShape, value)).toThrow(message);
  });

  it('takes null for absent, and for empty within lists and maps', () => {
    const value = {
      metadata: { name: null, labels: { a: null } },
      spec: { template: { spec: { containers: [null, { args: [null], env: null }] } } },
    };
    expect(decode(serviceShape, value)).toEqual({
      metadata: { labels: { a: '' } },
      spec: {
        template: {
          metadata: {},
          spec: {
            containers: [
              { name: '', resources: {} },
              { name: '', resources: {}, args: [''] },
            ],
          },
        },
      },
    });
  });

  it('keeps fields it does not know, whatever their names', () => {
    const value: unknown = JSON.parse('{"x": {"y": [1, null]}, "__proto__": {"z": 1}, "constructor": "c"}');
    const decoded = decode<object>(serviceShape, value);
    expect(JSON.stringify(decoded)).toBe(
      '{"x":{"y":[1,null]},"__proto__":{"z":1},"constructor":"c","metadata":{},"spec":{"template":{"metadata":{},"spec":{"containers":[]}}}}',
    );
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });

  it('refuses what is nested too deeply', () => {
    const value: unknown = JSON.parse(`{"x": ${'['.repeat(5000)}${']'.repeat(5000)}}`);
    expect(() => decode(serviceShape, value)).toThrow('nested too deeply');
  });

  it('copies, leaving what it is given alone, and throws only its own error', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const before = JSON.stringify(value);
        const outcome = attempt(() => decode(serviceShape, { spec: value }));
        expect(JSON.stringify(value)).toBe(before);
        expect(outcome instanceof Error && !(outcome instanceof DecodeError)).toBe(false);
      }),
    );
  });
});

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
