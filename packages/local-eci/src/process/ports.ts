import { createServer } from 'node:net';

const attempts = 20;

/** Free TCP ports of this machine's loopback, none handed out twice while in use. */
export class Ports {
  readonly #taken = new Set<number>();

  /** Takes a port that nobody listens on. Rejects if the machine has none left. */
  async take(): Promise<number> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const port = await bind(0);
      if (port !== undefined && !this.#taken.has(port)) {
        this.#taken.add(port);
        return port;
      }
    }
    throw new Error('no free port on 127.0.0.1');
  }

  /** The same port if it is still free to listen on, else another in its place. */
  async renew(port: number): Promise<number> {
    if ((await bind(port)) !== undefined) return port;
    const other = await this.take();
    this.release(port);
    return other;
  }

  release(port: number): void {
    this.#taken.delete(port);
  }
}

/** Listens for a moment; the port got, or undefined if that one is in use. */
function bind(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
