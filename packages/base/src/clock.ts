/** Where time comes from. Decisions take `now` as an argument; whatever waits, waits through a `Clock`. */
export interface Clock {
  /** Milliseconds since the Unix epoch, with fractions where the system has them. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with `signal.reason` if aborted first. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Calls `task` once after `ms` milliseconds, unless disposed first. Does not keep the process alive. */
  after(ms: number, task: () => void): Disposable;
  /** Calls `task` each `ms` milliseconds until disposed. Does not keep the process alive. */
  every(ms: number, task: () => void): Disposable;
}

/** The machine's clock; the only place that touches the timers of the runtime. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: (ms, { signal } = {}) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
  after: (ms, task) => {
    const timer = setTimeout(task, ms).unref();
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  every: (ms, task) => {
    const timer = setInterval(task, ms).unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
};
