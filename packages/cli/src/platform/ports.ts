import { UserError } from '@ebb/base';

/** How many ports after the first are tried. */
const attempts = 100;

/** True for a listener's error that another process has the port. */
export function isPortInUse(error: unknown): boolean {
  return hasCode(error, 'EADDRINUSE');
}

function hasCode(error: unknown, code: string): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause) if ('code' in e && e.code === code) return true;
  return false;
}

/**
 * Opens a listener at `port`, or, where `strict` is false and the port is taken, at the next free one.
 * Throws `UserError` when the port was asked for and is taken, or is not for this user.
 */
export async function listenFrom<T>(
  { port, strict }: { readonly port: number; readonly strict: boolean },
  listen: (port: number) => Promise<T>,
): Promise<T> {
  for (let candidate = port; ; candidate++) {
    try {
      return await listen(candidate);
    } catch (error) {
      if (hasCode(error, 'EACCES')) {
        throw new UserError(`you may not listen on port ${candidate}; choose one above 1023`, { cause: error });
      }
      if (!isPortInUse(error)) throw error;
      if (strict)
        throw new UserError(`port ${port} is in use; choose another one, or stop what listens there`, { cause: error });
      if (candidate - port >= attempts || candidate >= 65_535) {
        throw new UserError(`no free port between ${port} and ${candidate}`, { cause: error });
      }
    }
  }
}
