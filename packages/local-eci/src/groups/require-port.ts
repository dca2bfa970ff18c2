import { invalidParameter } from '../wire/error.ts';
import type { Parameters } from '../wire/parameters.ts';

/** The port a parameter names. Throws `EciError` if it is missing or none. */
export function requiredPort(parameters: Parameters, name: string): number {
  const port = parameters.integer(name, { min: 1, max: 65_535 });
  if (port === undefined) throw invalidParameter(parameters.nameOf(name), 'it is missing');
  return port;
}
