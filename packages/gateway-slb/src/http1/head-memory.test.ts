import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutate, mutation } from '../../test/http-texts.ts';
import { HeadMemory } from './head-memory.ts';
import { parseRequest } from './request-parser.ts';
import { parseResponse } from './response-parser.ts';

const request = 'POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX-Thing: 1\r\n\r\n';
const response = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nDate: Sat, 21 Nov 2026 22:00:00 GMT\r\n\r\n';

describe('HeadMemory', () => {
  it.each([
    ['a request', request, parseRequest],
    ['a response', response, parseResponse],
  ])('takes nothing for %s that would be read differently', (_, head, parse) => {
    const memory = new HeadMemory<{ readonly end: number }>();
    const read = parse(head);
    if (typeof read === 'string' || !('end' in read)) throw new Error('the head makes no sense');
    memory.remember(`${head}abc`, read);
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 3 }), (mutations) => {
        const text = mutate(`${head}abc`, mutations);
        expect(memory.recall(text)).toEqual(text.startsWith(head) ? parse(text) : undefined);
      }),
    );
    for (let cut = 0; cut < head.length; cut++) expect(memory.recall(head.slice(0, cut))).toBeUndefined();
    expect(memory.recall(head)).toBe(read);
  });

  it('knows nothing at first, nothing long, and nothing that it was to forget', () => {
    const memory = new HeadMemory<{ readonly end: number }>();
    expect(memory.recall('')).toBeUndefined();
    memory.remember('x'.repeat(5000), { end: 5000 });
    expect(memory.recall('x'.repeat(5000))).toBeUndefined();
    memory.remember(request, { end: request.length });
    memory.forget();
    expect(memory.recall(request)).toBeUndefined();
  });
});
