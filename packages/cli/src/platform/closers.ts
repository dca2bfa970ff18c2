/** Things to be closed in the reverse of the order they were opened in (Node 20 has no AsyncDisposableStack). */
export class Closers implements AsyncDisposable {
  #closers: (() => unknown)[] = [];

  /** Closes `resource` at the end. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.#closers.push(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  /** Calls `close` at the end. */
  defer(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Hands all over to a new owner; this one then closes nothing. */
  move(): Closers {
    const owner = new Closers();
    owner.#closers = this.#closers;
    this.#closers = [];
    return owner;
  }

  /** Closes all, even if some fail; then throws the first failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
