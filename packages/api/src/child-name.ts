import { createHash } from 'node:crypto';

/** The longest name of a Kubernetes object that is also a DNS label. */
const maxLength = 63;
const hashLength = 32;
const headLength = maxLength - hashLength;

/**
 * The name of a child of `parent`: `parent + suffix` where it fits, else shortened with a hash, so that the same parent
 * always gives the same name and different ones differ (serving-api.md, section 13).
 */
export function childName(parent: string, suffix: string): string {
  if (parent.length + suffix.length <= maxLength) return parent + suffix;
  if (suffix.length >= headLength) {
    const shortened = parent.slice(0, headLength) + md5(parent + suffix);
    return (shortened + suffix).slice(0, maxLength).replace(/[^a-zA-Z0-9]+$/, '');
  }
  return parent.slice(0, headLength - suffix.length) + md5(parent) + suffix;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
