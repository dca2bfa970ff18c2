import { once } from 'node:events';
import { createServer } from 'node:net';
import { type Clock, type Logger, formatAddress, messageOf } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import type { NameServer } from '@ebb/local-eci';
import { type ClusterDns, startClusterDns } from './cluster-dns.ts';

/** Where containers expect what; they cannot be told otherwise. */
export interface InsidePorts {
  /** Where cluster names lead: URLs in the cluster have no port. Default 80. */
  readonly http: number;
  /** Where names are asked for. Default 53. */
  readonly dns: number;
}

interface InsideOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly ports?: InsidePorts;
}

const searches = ['svc.cluster.local', 'cluster.local'];

/**
 * How containers on this machine reach Services by their names in the cluster: a name server, and the gateway's private listener at the
 * port that such URLs mean, both on this machine's address in the containers' network, which is reached from nowhere else.
 */
export class Inside {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #ports: InsidePorts;
  #nameServer: NameServer | undefined;
  #problem: string | undefined;

  constructor({ clock, logger, ports = { http: 80, dns: 53 } }: InsideOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#ports = ports;
  }

  /** Who tells containers of names; undefined as long as there is none. */
  nameServer(): NameServer | undefined {
    return this.#nameServer;
  }

  /** Why containers cannot reach Services by name, and what to do; undefined if they can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Where the gateway can listen, if this user may; otherwise there are no names, and `problem` says so. */
  async findListener(host: string): Promise<{ host: string; port: number } | undefined> {
    const port = this.#ports.http;
    try {
      await tryListen(host, port);
      return { host, port };
    } catch (error) {
      this.#without(error, formatAddress({ host, port }));
      return undefined;
    }
  }

  async open(client: KubeClient, address: string): Promise<AsyncDisposable> {
    const port = this.#ports.dns;
    let dns: ClusterDns | undefined;
    try {
      dns = await startClusterDns({ client, address, port, clock: this.#clock, logger: this.#logger });
      this.#nameServer = { address, searches };
    } catch (error) {
      this.#without(error, formatAddress({ host: address, port }));
    }
    return { [Symbol.asyncDispose]: async () => dns?.[Symbol.asyncDispose]() };
  }

  #without(error: unknown, at: string): void {
    this.#problem = `containers cannot reach Services by their names in the cluster: ${whyNot(error, at)}`;
    this.#logger.warn({ error: messageOf(error) }, this.#problem);
  }
}

function whyNot(error: unknown, at: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return `${at} is in use, as by another Ebb that runs containers; stop what listens there, and start this one again`;
    case 'EACCES':
      return `this user may not listen on ${at}; start Ebb as root, or set sysctl net.ipv4.ip_unprivileged_port_start=53`;
    case 'EADDRNOTAVAIL':
      return `${at} is not an address of this machine, as when the engine runs without root; use one that runs as root`;
    default:
      return messageOf(error);
  }
}

async function tryListen(host: string, port: number): Promise<void> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening'); // rejects at `error`
  server.close();
  await once(server, 'close');
}
