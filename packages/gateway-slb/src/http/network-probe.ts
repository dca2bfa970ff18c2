import type { RouteResult } from '@ebb/router';
import type { RequestHead } from './request-head.ts';

/** An answer to a probe of the network, in place of the instance (data-path.md, section 3.3). */
export interface ProbeAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: readonly string[];
}

/** The answer, if the request is such a probe. `override` asks for the hash of the Ingress that matched. */
export function answerProbe({ probe, hash }: RequestHead, result: RouteResult): ProbeAnswer | undefined {
  if (probe === undefined || probe === '') return undefined;
  if (probe === 'activator') return { status: 200, text: 'activator', headers: [] };
  if (probe !== 'probe') return { status: 400, text: `unexpected probe header value: "${probe}"`, headers: [] };
  if (!hash) return { status: 400, text: 'a probe must come with a K-Network-Hash header', headers: [] };
  if (result.kind === 'notFound') return undefined;
  return { status: 200, text: '', headers: ['K-Network-Hash', hash === 'override' ? result.ingress.hash() : hash] };
}
