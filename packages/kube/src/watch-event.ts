import { type Status, StatusError, type WatchEvent } from '@ebb/api';

const types: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/** Reads one line of a watch. Throws `StatusError`: the server's on an ERROR event, `InternalError` on a line that is no event. */
export function parseWatchEvent<T>(line: string): WatchEvent<T> {
  const event = parseObject(line);
  const { type, object } = event as { type?: unknown; object?: unknown };
  if (type === 'ERROR') throw StatusError.from(object as Status);
  if (!types.has(type) || typeof object !== 'object' || object === null) {
    throw new StatusError('InternalError', `not a watch event: ${line.slice(0, 200)}`);
  }
  return event as WatchEvent<T>;
}

function parseObject(line: string): object {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new StatusError('InternalError', `not a watch event: ${line.slice(0, 200)}`, { cause });
  }
  throw new StatusError('InternalError', `not a watch event: ${line.slice(0, 200)}`);
}
