import { isHost } from './request-head.ts';

/** Where a request line points: in absolute form (RFC 9112, section 3.2.2) its host wins over the header. */
export interface RequestTarget {
  readonly path: string;
  readonly host: string | undefined;
}

/** Reads the target of a request line; undefined if no path can be made of it. */
export function readTarget(target: string): RequestTarget | undefined {
  if (target.charCodeAt(0) === 0x2f) return { path: target, host: undefined };
  const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(target);
  if (!absolute) return undefined;
  const [, host = '', rest = ''] = absolute;
  if (host === '' || !isHost(host)) return undefined;
  return { host, path: rest.startsWith('/') ? rest : `/${rest}` };
}
