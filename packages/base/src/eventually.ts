import { systemClock } from './clock.ts';

/** Machines of CI are shared with others, and stand still at times: a limit is only there for what never comes about. */
const patience = process.env['CI'] === undefined ? 1 : 3;

/**
 * Waits until `condition` returns something other than `undefined`, `false` or a rejection, and returns that.
 * Fails with the last error after `timeoutMs` (default 30 s; three times that where `CI` is set). For tests: wait for conditions, never for times.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 30_000, what = 'the condition' }: { readonly timeoutMs?: number; readonly what?: string } = {},
): Promise<Exclude<T, undefined | false>> {
  const limitMs = timeoutMs * patience;
  const deadline = systemClock.now() + limitMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    } catch (error) {
      cause = error;
    }
    if (systemClock.now() > deadline) throw new Error(`${what} did not come about within ${limitMs} ms`, { cause });
    await systemClock.sleep(10);
  }
}
