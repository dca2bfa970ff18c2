import { ingressClass, keys, revisionSplit } from '@ebb/api';
import { type Forward, buildTable, route } from '@ebb/router';
import { describe, expect, it } from 'vitest';
import type { Peer } from './downstream.ts';
import { readRequestHead } from './request-head.ts';
import { type RequestParts, upstreamRequest } from './upstream-request.ts';

const peer: Peer = { address: '10.0.0.1', proto: 'http', listener: 'public' };

/** Where a table leads whose only route sets this header. */
function forwardWith(value: string): Forward {
  const splits = [
    { ...revisionSplit({ namespace: 'default', name: 'a-00001' }, 100), appendHeaders: { 'x-set': value } },
  ];
  const table = buildTable([
    {
      metadata: { namespace: 'default', name: 'a', annotations: { [keys.ingressClass]: ingressClass } },
      spec: { rules: [{ hosts: ['a.example.com'], http: { paths: [{ splits }] } }] },
    },
  ]);
  const found = route(table, { host: 'a.example.com', path: '/', listener: 'public', header: () => undefined });
  if (found.kind !== 'forward') throw new Error('there is no route');
  return found;
}

describe('upstreamRequest', () => {
  const head = readRequestHead(['Host', 'a.example.com', 'X-Own', '1']);
  head.requests = [];
  const forward = forwardWith('one');
  const parts: RequestParts = { head, path: '/', forward, peer, downstream: { body: undefined } };

  it('makes one request of one head for one route and client', () => {
    const first = upstreamRequest(parts);
    expect(upstreamRequest(parts)).toBe(first);
    const elsewhere = upstreamRequest({ ...parts, peer: { ...peer, address: '10.0.0.2' } });
    expect(elsewhere.headers.text()).toContain('10.0.0.2');
    expect(upstreamRequest(parts)).toBe(first);
  });

  it('heeds routes that change, any number of times', () => {
    for (const value of ['two', 'three', 'four', 'five', 'six']) {
      const { headers } = upstreamRequest({ ...parts, forward: forwardWith(value) });
      expect(headers.text()).toContain(`x-set: ${value}\r\n`);
    }
    expect(upstreamRequest(parts).headers.text()).toContain('x-set: one\r\n');
    expect(head.requests?.length).toBeLessThanOrEqual(4);
  });

  it('gives each request its own body, and what is sent before it once', () => {
    const ignore = (): void => {};
    const body = {
      length: 1,
      received: 0,
      begun: false,
      complete: false,
      flow: ignore,
      hold: ignore,
      resume: ignore,
      discard: ignore,
    };
    const request = upstreamRequest({ ...parts, downstream: { body } });
    expect(request.body).toBe(body);
    const other = upstreamRequest({ ...parts, downstream: { body: { ...body } } });
    expect(other.body).not.toBe(body);
    expect(other.written).toBe(request.written);
    expect(upstreamRequest(parts)).toMatchObject({ body: undefined });
    expect(upstreamRequest(parts).written).not.toBe(request.written);
  });
});
