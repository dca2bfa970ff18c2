import { describe, expect, it } from 'vitest';
import { forwardedHeader } from './forwarded.ts';

describe('forwardedHeader', () => {
  it.each([
    ['1.2.3.4', 'http', undefined, 'for=1.2.3.4;proto=http'],
    ['1.2.3.4, 2001:db8::1', 'https', 'a.example', 'for=1.2.3.4;host=a.example;proto=https, for="[2001:db8::1]"'],
    ['1.2.3.4', 'http', 'a:80', 'for=1.2.3.4;host="a:80";proto=http'],
    ['a"b;c, 1.2.3.4', 'http', undefined, 'for="ab;c";proto=http, for=1.2.3.4'],
  ])('says %j, %s, %s as %j', (addresses, proto, host, expected) => {
    expect(forwardedHeader(addresses, proto, host)).toBe(expected);
  });
});
