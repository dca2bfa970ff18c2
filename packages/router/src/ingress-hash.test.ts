import type { Ingress } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import { ingressHash } from './ingress-hash.ts';

const hello = (headers: Record<string, string>): Ingress => ({
  metadata: { namespace: 'default', name: 'hello' },
  spec: {
    httpOption: 'Enabled',
    rules: [
      {
        visibility: 'ExternalIP',
        hosts: ['hello.default.example.com'],
        http: {
          paths: [
            {
              splits: [
                {
                  appendHeaders: headers,
                  percent: 100,
                  servicePort: 80,
                  serviceName: 'hello-00001',
                  serviceNamespace: 'default',
                },
              ],
            },
          ],
        },
      },
    ],
  },
});

describe('ingressHash', () => {
  it('agrees with the hash of the Go code', () => {
    const headers = { 'Knative-Serving-Revision': 'hello-00001', 'Knative-Serving-Namespace': 'default' };
    expect(ingressHash(hello(headers))).toBe('ef7852e1be9ad0620814c4d952a07f610ef0f85d5ee171bc86b899bf575f77ca');
  });

  it('changes with any part of the spec', () => {
    expect(ingressHash(hello({ a: '<b>' }))).not.toBe(ingressHash(hello({ a: '<c>' })));
  });
});
