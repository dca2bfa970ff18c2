import { describe, expect, it } from 'vitest';
import {
  checkDns1035Label,
  checkDns1035Prefix,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkQualifiedName,
} from './names.ts';

describe('names', () => {
  it.each([
    [checkDns1035Label, ['a', 'a-1', 'a'.repeat(63)], ['', '1a', '-a', 'a-', 'A', 'a.b', 'a_b', 'a\n', 'a'.repeat(64)]],
    [checkDns1035Prefix, ['a', 'a-', 'a-b-', 'A-'], ['-', '1ab-', 'Ab-']],
    [checkDns1123Label, ['a', '1', '1-a'], ['', 'a.b', 'A', '-1', 'a'.repeat(64)]],
    [checkDns1123Subdomain, ['a', 'a.b', '1.2-3'], ['', 'a..b', '.a', 'a.', 'A.b', 'foo@bar', 'a'.repeat(254)]],
    [checkQualifiedName, ['a', 'A_b.c', 'example.com/My-Name'], ['', 'a/', '/a', 'a/b/c', 'A/b', '-a', 'a'.repeat(64)]],
  ])('%o tells good names from bad ones', (rule, good, bad) => {
    expect(good.filter((name) => rule(name).length > 0)).toEqual([]);
    expect(bad.filter((name) => rule(name).length === 0)).toEqual([]);
  });

  it('explains itself in Kubernetes’ words', () => {
    expect(checkDns1035Label('1a')).toEqual([
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ]);
    expect(checkDns1035Label('a'.repeat(64))).toEqual(['must be no more than 63 characters']);
    expect(checkQualifiedName('example.com/')[0]).toBe('name part must be non-empty');
  });

  it('is quick about long names', () => {
    expect(checkDns1123Subdomain(`${'a'.repeat(1_000_000)}!`)).toHaveLength(2);
    expect(checkDns1123Subdomain(`${'a-'.repeat(500_000)}!`)).toHaveLength(2);
    expect(checkQualifiedName(`${'a.'.repeat(500_000)}!`)).toHaveLength(2);
  });
});
