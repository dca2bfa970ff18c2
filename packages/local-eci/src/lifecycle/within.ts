import type { Clock } from '@ebb/base';

/** Waits for `promise`, at most `ms` milliseconds. False if it took longer. */
export async function within(clock: Clock, ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: Disposable | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = clock.after(ms, () => resolve(false));
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    timer?.[Symbol.dispose]();
  }
}
