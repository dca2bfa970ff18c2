import { messageOf } from '@ebb/base';
import { describe, expect, it } from 'vitest';
import { checkSelectors } from './check-selectors.ts';
import { parseProfile } from './profile.ts';

describe('eci-profile', () => {
  it('is read, old names too, and tells of what it does not use', () => {
    expect(
      parseProfile({
        vswitch: 'vsw-old',
        vSwitchIds: 'vsw-a, vsw-b,vsw-a',
        securitygroup: 'sg-1',
        enablePrivateZone: 'true',
      }),
    ).toMatchObject({
      vSwitchIds: ['vsw-a', 'vsw-b'],
      securityGroupId: 'sg-1',
      ignored: ['vswitch', 'enablePrivateZone'],
    });
    expect(parseProfile({ vswitch: 'vsw-old' }).vSwitchIds).toEqual(['vsw-old']);
    expect(parseProfile({})).toMatchObject({ vSwitchIds: [], selectors: [] });
  });

  it.each([
    [{ vSwitchIds: 'vsw-a;vsw-b' }, 'vSwitchIds: "vsw-a;vsw-b" is no id'],
    [
      { vSwitchIds: Array.from({ length: 11 }, (_, index) => `vsw-${index}`).join() },
      'vSwitchIds: there are more than 10',
    ],
    [{ securityGroupId: 'a b' }, 'securityGroupId: "a b" is no id'],
    [{ selectors: '[{' }, 'selectors: not JSON'],
    [{ selectors: '{}' }, 'selectors: not a JSON array'],
    [{ selectors: '[{}]' }, 'selectors[0].name: must be a name'],
    [{ selectors: '[1]' }, 'selectors[0]: must be an object'],
    [
      { selectors: '[{"name":"a","objectSelector":{"matchExpressions":[]}}]' },
      'selectors[0].objectSelector.matchExpressions',
    ],
    [
      { selectors: '[{"name":"a","effect":{"annotations":{"k":1}}}]' },
      'selectors[0].effect.annotations["k"]: must be a text',
    ],
  ])('%o is refused, by the key', (data, message) => {
    expect(() => parseProfile(data as Record<string, string>)).toThrow(message);
  });

  it.each([
    [{ 'k8s.aliyun.com/eci-spot-strategy': 'Cheap' }, /^selectors\[1\].effect.annotations: .*eci-spot-strategy/],
    [{ 'k8s.aliyun.com/eci-use-specs': 'big' }, /eci-use-specs/],
    [{ 'kubernetes.io/ingress-bandwidth': 'fast' }, /ingress-bandwidth/],
    // A pod may bring what is missing; and what is not ours may be as it likes.
    [{ 'k8s.aliyun.com/eci-spot-strategy': 'SpotWithPriceLimit', 'example.com/any': '?' }, /^nothing$/],
    [{ 'k8s.aliyun.com/acr-user-arns': 'arn-1' }, /^nothing$/],
  ])('selectors that add %o are refused for %s', (annotations, message) => {
    const selectors = JSON.stringify([{ name: 'good' }, { name: 'trial', effect: { annotations } }]);
    let told = 'nothing';
    try {
      checkSelectors(parseProfile({ selectors }));
    } catch (error) {
      told = messageOf(error);
    }
    expect(told).toMatch(message);
  });
});
