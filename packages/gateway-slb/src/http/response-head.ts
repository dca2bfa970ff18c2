import type { ResponseHead } from './downstream.ts';
import { HeaderList, withoutHeaders } from './header-block.ts';

/** What concerns only one connection (RFC 9110, section 7.6.1). */
export const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'transfer-encoding',
  'upgrade',
  'trailer',
]);

/** A response's head from a list: name, value, name, value… */
export function readResponseHead(status: number, statusText: string, list: readonly string[]): ResponseHead {
  let connection: string | undefined;
  let contentLength: number | undefined;
  let dated = false;
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = list[i]?.toLowerCase();
    if (name === 'connection') connection = list[i + 1];
    else if (name === 'content-length') contentLength = Number(list[i + 1]);
    else if (name === 'date') dated = true;
  }
  const dropped = connection === undefined ? hopByHop : new Set([...hopByHop, ...namedIn(connection)]);
  return { status, statusText, contentLength, dated, headers: new HeaderList(withoutHeaders(list, dropped)) };
}

/** The headers that `Connection` says are for this hop only. How long the body is concerns all. */
export function namedIn(connection: string): string[] {
  const names = connection
    .toLowerCase()
    .split(',')
    .map((name) => name.trim());
  return names.filter((name) => name !== 'content-length');
}
