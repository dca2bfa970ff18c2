import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const attempts = 100;

/**
 * Below the ports that Linux, macOS and Windows give to outgoing connections and to listeners at port 0: one of those could be
 * gone again between its being chosen and the app's listening on it.
 */
const range = { from: 20_000, to: 32_768 } as const;

/** Free TCP ports of this machine's loopback, none handed out twice while in use. */
export class Ports {
  readonly #taken = new Set<number>();

  /** Takes a port that nobody listens on. Rejects if the machine has none left. */
  async take(): Promise<number> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const port = randomInt(range.from, range.to);
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      if (await isFree(port)) return port;
      this.#taken.delete(port);
    }
    throw new Error('no free port on 127.0.0.1');
  }

  /** The same port if it is still free to listen on, else another in its place. */
  async renew(port: number): Promise<number> {
    if (await isFree(port)) return port;
    const other = await this.take();
    this.release(port);
    return other;
  }

  release(port: number): void {
    this.#taken.delete(port);
  }
}

/** Listens for a moment. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
