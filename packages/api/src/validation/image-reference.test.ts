import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isImageReference } from './image-reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('isImageReference', () => {
  it.each([
    'ab',
    'busybox',
    'busybox:1.36',
    'library/busybox:Latest_1',
    'ghcr.io/knative/helloworld-go:latest',
    'localhost:5000/app',
    'localhost/app',
    'example.com:443/a/b/c:tag',
    'dev.local/hello',
    `gcr.io/project/app@${digest}`,
    `gcr.io/project/app:v1@${digest}`,
    'index.docker.io/library/busybox',
    '[::1]:5000/app',
    'app:',
    'a//b',
    'http://example.com/app',
  ])('takes %s', (reference) => {
    expect(isImageReference(reference)).toBe(true);
  });

  it.each([
    'i',
    '',
    'Busybox',
    'example.com/',
    'a b',
    'app:t g',
    `app:${'a'.repeat(129)}`,
    'app@sha256:123',
    'app@',
    `app@${digest}@${digest}`,
    'exa mple.com/app',
    'dev.local/',
    'dev.local/A',
  ])('refuses %j', (reference) => {
    expect(isImageReference(reference)).toBe(false);
  });

  it('has an answer for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'B', '.', ':', '/', '@', '-', ' ', '[', ']') }), (text) => {
        expect(typeof isImageReference(text)).toBe('boolean');
      }),
    );
  });
});
