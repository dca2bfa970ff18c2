import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import type { NameServer } from '@ebb/local-eci';
import { type ClusterDns, startClusterDns } from './cluster-dns.ts';

/** Where cluster names lead: URLs in the cluster have no port. */
const httpPort = 80;
const searches = ['svc.cluster.local', 'cluster.local'];

/**
 * How containers on this machine reach Services by their names in the cluster: a name server, and the gateway's private listener at the
 * port that such URLs mean, both on this machine's address in the containers' network, which is reached from nowhere else.
 */
export class Inside {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #nameServer: NameServer | undefined;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Who tells containers of names; undefined as long as there is none. */
  nameServer(): NameServer | undefined {
    return this.#nameServer;
  }

  /** Where the gateway can listen, if this user may; otherwise that is said, and there are no names. */
  async findListener(host: string): Promise<{ host: string; port: number } | undefined> {
    try {
      await tryListen(host, httpPort);
      return { host, port: httpPort };
    } catch (error) {
      this.#without(error);
      return undefined;
    }
  }

  async open(client: KubeClient, address: string): Promise<AsyncDisposable> {
    let dns: ClusterDns | undefined;
    try {
      dns = await startClusterDns({ client, address, clock: this.#clock, logger: this.#logger });
      this.#nameServer = { address, searches };
    } catch (error) {
      this.#without(error);
    }
    return { [Symbol.asyncDispose]: async () => dns?.[Symbol.asyncDispose]() };
  }

  #without(error: unknown): void {
    const text = 'containers cannot reach Services by their names in the cluster';
    this.#logger.warn({ error: messageOf(error) }, text);
  }
}

async function tryListen(host: string, port: number): Promise<void> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening'); // rejects at `error`
  server.close();
  await once(server, 'close');
}
