import { signalGroup } from './signals.ts';

/** The process groups running now; whatever way this process exits, short of being killed, they are killed with it. */
export class LiveProcesses implements Disposable {
  readonly #pids = new Set<number>();
  readonly #onExit = (): void => {
    for (const pid of this.#pids) signalGroup(pid, 'SIGKILL');
  };

  constructor() {
    process.on('exit', this.#onExit);
  }

  /** Counts a process group in until disposed. */
  add(pid: number): Disposable {
    this.#pids.add(pid);
    return { [Symbol.dispose]: () => this.#pids.delete(pid) };
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#onExit);
    this.#onExit();
  }
}
