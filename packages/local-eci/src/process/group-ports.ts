import type { ContainerSpec } from '../model.ts';
import type { Ports } from './ports.ts';

/**
 * The ports of one group. All groups share one machine, so two that ask for 8080 cannot both have it: the first port a
 * container declares is replaced by a free one, which the app is told as `PORT`. Further ones stay as declared, since an
 * app has no way to learn of others.
 */
export class GroupPorts {
  readonly #ports: Ports;
  readonly #real = new Map<number, number>();

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  /** A free port for a container that is about to start: the one it had, if that is still free. */
  async assign({ ports }: ContainerSpec): Promise<number | undefined> {
    const declared = ports.find(({ protocol }) => protocol === 'TCP')?.port;
    if (declared === undefined) return undefined;
    const before = this.#real.get(declared);
    const port = before === undefined ? await this.#ports.take() : await this.#ports.renew(before);
    this.#real.set(declared, port);
    return port;
  }

  portOf(declared: number): number {
    return this.#real.get(declared) ?? declared;
  }

  release(): void {
    for (const port of this.#real.values()) this.#ports.release(port);
    this.#real.clear();
  }
}
