import type { Change, Store } from './store.ts';

/** Keeps everything in memory; a write is as durable as it will ever be when the call returns. */
export class MemoryStore implements Store {
  readonly #pairs = new Map<string, () => string>();
  readonly #settings = new Map<string, string>();
  #revision = 0;

  get revision(): number {
    return this.#revision;
  }

  load(): Iterable<readonly [string, string]> {
    const sorted = [...this.#pairs].sort(([a], [b]) => (a < b ? -1 : 1));
    return sorted.map(([key, value]) => [key, value()] as const);
  }

  write({ key, value, revision }: Change): undefined {
    if (value === undefined) this.#pairs.delete(key);
    else this.#pairs.set(key, value);
    this.#revision = revision;
  }

  setting(name: string): string | undefined {
    return this.#settings.get(name);
  }

  putSetting(name: string, value: string): Promise<void> {
    this.#settings.set(name, value);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
