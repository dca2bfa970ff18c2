import { HttpError } from '../http-error.ts';
import type { StreamOptions } from './client-streams.ts';

/** Reads the query of `/exec` and `/attach`. Throws `HttpError` 400 if no stream is wanted. */
export function parseStreamOptions(query: URLSearchParams): StreamOptions {
  const has = (name: string): boolean => ['1', 'true'].includes(query.get(name) ?? '');
  const tty = has('tty');
  // A terminal has one output.
  const options = { stdin: has('input'), stdout: has('output'), stderr: has('error') && !tty, tty };
  if (options.stdin || options.stdout || options.stderr) return options;
  throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr');
}
