import { UserError } from '@ebb/base';

/** How many ports after the first are tried. */
const attempts = 100;

/** Why the system did not let somebody listen, and at which port, if it says so. */
function refusalIn(error: unknown): { readonly code: unknown; readonly port: unknown } | undefined {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if ('code' in e && (e.code === 'EADDRINUSE' || e.code === 'EACCES')) {
      return { code: e.code, port: 'port' in e ? e.port : undefined };
    }
  }
  return undefined;
}

/**
 * Opens a listener at `port`, or, where `strict` is false and the port is taken, at the next free one.
 * Throws `UserError` when the port was asked for and is taken, or is not for this user; and where it is another port that
 * `listen` needs besides.
 */
export async function listenFrom<T>(
  { port, strict }: { readonly port: number; readonly strict: boolean },
  listen: (port: number) => Promise<T>,
): Promise<T> {
  for (let candidate = port; ; candidate++) {
    try {
      return await listen(candidate);
    } catch (error) {
      const refusal = refusalIn(error);
      if (!refusal) throw error;
      const refused = typeof refusal.port === 'number' ? refusal.port : candidate;
      if (refusal.code === 'EACCES') {
        throw new UserError(`you may not listen on port ${refused}; choose one above 1023`, { cause: error });
      }
      if (strict || refused !== candidate) {
        const message = `port ${refused} is in use; choose another one, or stop what listens there`;
        throw new UserError(message, { cause: error });
      }
      if (candidate - port >= attempts || candidate >= 65_535) {
        throw new UserError(`no free port between ${port} and ${candidate}`, { cause: error });
      }
    }
  }
}
