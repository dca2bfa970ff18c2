import { request } from 'node:http';
import type { ListenAddress } from '../http/listen.ts';

/** What to ask a gateway for. */
export interface GatewayProbe {
  readonly gateway: ListenAddress;
  readonly host: string;
  /** The hash it should answer with. */
  readonly hash: string;
}

const timeoutMs = 1000;

/**
 * Asks a gateway, on its own listener, whether it serves an Ingress in just this version (data-path.md, section 3.3).
 * Resolves to whether it does; rejects if it cannot be asked.
 */
export function probeGateway(
  { gateway, host, hash }: GatewayProbe,
  { signal }: { readonly signal: AbortSignal },
): Promise<boolean> {
  const headers = {
    Host: host,
    'User-Agent': 'Knative-Ingress-Probe',
    'K-Network-Probe': 'probe',
    'K-Network-Hash': 'override',
    Connection: 'close',
  };
  return new Promise((resolve, reject) => {
    const { host: address, port } = gateway;
    const asked = request({ host: address, port, path: '/healthz', headers, agent: false, timeout: timeoutMs, signal });
    asked.once('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200 && response.headers['k-network-hash'] === hash);
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('error', reject);
    asked.end();
  });
}
