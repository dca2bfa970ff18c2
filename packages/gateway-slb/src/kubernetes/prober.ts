import { Agent, type IncomingMessage, request } from 'node:http';
import type { Clock } from '@ebb/base';
import type { ListenAddress } from '../http/listen.ts';
import { versionHeader } from '../http/network-probe.ts';
import { Resting } from '../peers/resting.ts';

/** What to ask a gateway for. */
export interface GatewayProbe {
  readonly gateway: ListenAddress;
  readonly host: string;
  /** What it should answer with: the hash and, from a gateway that tells it, the version. */
  readonly hash: string;
  readonly version: string;
}

const timeoutMs = 1000;
/** Connections to one listener; further probes wait for one of them. */
const connections = 8;
/** A gateway that could not be asked is not asked again for so long: thousands of Ingresses may be waiting for its answer. */
const restMs = 100;

/** Asks gateways, over connections it keeps, whether they serve an Ingress in just this version (data-path.md, section 3.3). */
export class Prober implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connections });
  readonly #clock: Clock;
  readonly #resting = new Resting();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves to whether the gateway serves it; false too if it cannot be asked. Rejects only when aborted. */
  async serves({ gateway, host, hash, version }: GatewayProbe, signal: AbortSignal): Promise<boolean> {
    const key = `${gateway.host} ${gateway.port}`;
    const now = this.#clock.now();
    if (this.#resting.has(key, now)) return false;
    try {
      const { statusCode, headers } = await this.#ask(gateway, host, signal);
      const served = headers[versionHeader.toLowerCase()] ?? version;
      return statusCode === 200 && headers['k-network-hash'] === hash && served === version;
    } catch {
      signal.throwIfAborted();
      this.#resting.rest(key, now + restMs, now);
      return false;
    }
  }

  /** Ends the connections. */
  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #ask({ host: address, port }: ListenAddress, host: string, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = {
      Host: host,
      'User-Agent': 'Knative-Ingress-Probe',
      'K-Network-Probe': 'probe',
      'K-Network-Hash': 'override',
    };
    return new Promise((resolve, reject) => {
      const options = {
        host: address,
        port,
        path: '/healthz',
        headers,
        agent: this.#agent,
        timeout: timeoutMs,
        signal,
      };
      const asked = request(options);
      asked.once('response', (response) => {
        response.resume();
        resolve(response);
      });
      asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
      asked.once('error', reject);
      asked.end();
    });
  }
}
