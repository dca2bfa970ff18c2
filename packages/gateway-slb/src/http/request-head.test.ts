import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRequestHead } from './request-head.ts';

describe('readRequestHead', () => {
  it('passes on what is not for the gateway, as it was sent', () => {
    const raw = ['Host', 'a', 'X-One', '1', 'x-one', '2', 'Cookie', 'a=b'];
    const head = readRequestHead(raw);
    expect(head.host).toBe('a');
    expect(head.headers.list()).toEqual(['X-One', '1', 'x-one', '2', 'Cookie', 'a=b']);
  });

  it('takes out what Connection names, but nothing a request cannot do without', () => {
    const raw = ['Connection', 'X-Hop, Authorization, close', 'x-hop', '1', 'Authorization', 'me', 'X-Stay', '1'];
    expect(readRequestHead(raw).headers.list()).toEqual(['Authorization', 'me', 'X-Stay', '1']);
  });

  it('takes out what some servers would read as headers of the gateway', () => {
    const raw = ['X_Forwarded_For', '1', 'x-forwarded_proto', 'https', 'Transfer_Encoding', 'chunked', 'X_Stay', '1'];
    const list = readRequestHead(['Connection', 'X-Own', 'x_own', '1']).headers.list();
    expect(list).toEqual([]);
    const inner = ['K_Original_Host', 'a', 'knative_serving_revision', 'a', 'K-Network_Probe', 'probe'];
    const head = readRequestHead([...raw, ...inner]);
    expect(head.headers.list()).toEqual(['X_Stay', '1']);
    expect([head.forwardedFor, head.chunked, head.probe]).toEqual([undefined, false, undefined]);
  });

  it.each(['a', 'a:80', 'a.b-c_d', '[::1]:80', '', 'a.'])('accepts the host %j', (value) => {
    expect(readRequestHead(['Host', value]).fault).toBeUndefined();
  });

  it.each(['a b', 'a/b', 'a@b', 'a:b', '[x]', 'a\\b', 'a"b', '[::1]x'])('refuses the host %j', (value) => {
    expect(readRequestHead(['Host', value]).fault?.status).toBe(400);
  });

  it('never lets through a header that says how long the body is', () => {
    const name = fc.constantFrom(
      'Content-Length',
      'TRANSFER-ENCODING',
      'connection',
      'X-A',
      'Knative-Serving-Revision',
      'Host',
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, fc.constantFrom('chunked', '5', 'x-a, close', 'content-length'))),
        (pairs) => {
          const headers = readRequestHead(pairs.flat()).headers.list();
          expect(headers.filter((_, index) => index % 2 === 0 && headers[index] !== 'X-A')).toEqual([]);
        },
      ),
    );
  });
});
