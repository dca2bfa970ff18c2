import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeOfType } from './instance-types.ts';
import { roundUp, specsOf } from './specs.ts';

describe('specs', () => {
  it.each([
    // The documented examples, with and without the finer choice.
    [{ cpu: 3, memory: 6 }, 'cn-hangzhou', { cpu: 4, memory: 6 }],
    [{ cpu: 4.25, memory: 8.5 }, 'cn-hangzhou', { cpu: 6, memory: 10 }],
    [{ cpu: 7, memory: 13 }, 'cn-hangzhou', { cpu: 8, memory: 14 }],
    [{ cpu: 3, memory: 6 }, 'us-west-1', { cpu: 4, memory: 8 }],
    [{ cpu: 4.25, memory: 8.5 }, 'us-west-1', { cpu: 8, memory: 16 }],
    [{ cpu: 7, memory: 13 }, 'us-west-1', { cpu: 8, memory: 16 }],
    [{ cpu: 0.1, memory: 0.1 }, 'us-west-1', { cpu: 0.25, memory: 0.5 }],
    [{ cpu: 2, memory: 1 }, 'us-west-1', { cpu: 2, memory: 1 }],
    [{ cpu: 1, memory: 9 }, 'us-west-1', { cpu: 2, memory: 16 }],
    [{ cpu: 64, memory: 600 }, 'us-west-1', undefined],
    [{ cpu: 65, memory: 1 }, 'cn-hangzhou', undefined],
  ])('%o in %s is %o', (asked, regionId, spec) => {
    expect(roundUp(asked, regionId)).toEqual(spec);
  });

  it('rounds up, and what was rounded stays', () => {
    const size = fc.record({ cpu: fc.double({ min: 0.01, max: 64 }), memory: fc.double({ min: 0.01, max: 512 }) });
    fc.assert(
      fc.property(size, fc.constantFrom('cn-hangzhou', 'us-west-1'), fc.boolean(), (asked, region, spot) => {
        const spec = roundUp(asked, region, { spot });
        if (!spec) return !specsOf(region, { spot }).some((s) => s.cpu >= asked.cpu && s.memory >= asked.memory);
        expect(roundUp(spec, region, { spot })).toEqual(spec);
        return spec.cpu >= asked.cpu && spec.memory >= asked.memory && (!spot || spec.cpu >= 2);
      }),
    );
  });

  it.each([
    ['ecs.g7.xlarge', { cpu: 4, memory: 16 }],
    ['ecs.c6.xlarge', { cpu: 4, memory: 8 }],
    ['ecs.c7.large', { cpu: 2, memory: 4 }],
    ['ecs.r7.4xlarge', { cpu: 16, memory: 128 }],
    ['ecs.t5-lc1m2.small', { cpu: 1, memory: 2 }],
    ['ecs.g7.32xlarge', undefined],
    ['ecs.nothing', undefined],
    ['toString', undefined],
  ])('%s has %o', (type, size) => {
    expect(sizeOfType(type)).toEqual(size);
  });
});
