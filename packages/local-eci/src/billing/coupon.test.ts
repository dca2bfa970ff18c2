import { describe, expect, it } from 'vitest';
import { parseCoupon } from './coupon.ts';

describe('a coupon as text', () => {
  it.each([
    ['ecs.g7.xlarge,cn-hangzhou-b', { instanceType: 'ecs.g7.xlarge', zoneId: 'cn-hangzhou-b', count: 1, off: 0.5 }],
    ['ecs.g7.xlarge,local-a,3', { instanceType: 'ecs.g7.xlarge', zoneId: 'local-a', count: 3, off: 0.5 }],
    ['ecs.c7.large,local-a,2,0.37', { instanceType: 'ecs.c7.large', zoneId: 'local-a', count: 2, off: 0.37 }],
  ])('%s', (text, coupon) => {
    expect(parseCoupon(text)).toEqual(coupon);
  });

  it.each([
    '',
    'g7.xlarge,local-a',
    'ecs.g7.xlarge',
    'ecs.g7.xlarge,a,-1',
    'ecs.g7.xlarge,a,1,0.6',
    'ecs.g7.xlarge,a,1,0.5,x',
  ])('not %j', (text) => {
    expect(() => parseCoupon(text)).toThrow(/is no coupon: an ECS type, a zone/);
  });
});
