import { dashed } from './header-block.ts';
import { hopByHop } from './response-head.ts';

/**
 * What stands behind a body may not say anew how the message is framed, where it goes, who sends it, or how it is to be read
 * (RFC 9110, section 6.5.1): by then all that has been decided, and whoever adds trailers to the headers would be deceived.
 */
const never: ReadonlySet<string> = new Set([
  ...hopByHop,
  'http2-settings',
  'content-length',
  'content-encoding',
  'content-range',
  'content-type',
  'host',
  'te',
  'authorization',
  'proxy-authorization',
  'www-authenticate',
  'cookie',
  'set-cookie',
  'cache-control',
  'expect',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'forwarded',
]);

/** Of clients' addresses, and of what the inside believes. */
const neverBegins =
  /^(?:if-|x-forwarded-|x-real-ip$|knative-serving-|k-(?:original|proxy|passthrough|network|kubelet)-)/;

/** Of a value of `Trailer`: the names that may go on; undefined if there are none. */
export function passableNames(announced: string): string | undefined {
  const names = announced.split(',').map((name) => name.trim());
  const passed = names.filter((name) => isToken(name) && isPassableTrailer(name.toLowerCase()));
  return passed.length > 0 ? passed.join(', ') : undefined;
}

const isToken = (text: string): boolean => /^[\w!#$%&'*+.^`|~-]+$/.test(text);

/** True if a trailer with this lower-case name may go on. */
export function isPassableTrailer(name: string): boolean {
  const plain = dashed(name);
  return !never.has(plain) && !neverBegins.test(plain);
}
