import type { CompiledIngress, RouteResult } from '@ebb/router';
import type { RequestHead } from './request-head.ts';

/** An answer to a probe of the network, in place of the instance (data-path.md, section 3.3). */
export interface ProbeAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: readonly string[];
}

/** In the answer to a probe: which version of which Ingress is served. Two versions may have one hash. */
export const versionHeader = 'Ebb-Ingress-Version';

/** The version of an Ingress, for `versionHeader`. */
export function versionOf({ uid, generation }: Pick<CompiledIngress, 'uid' | 'generation'>): string {
  return `${uid}/${generation}`;
}

/** No browser is to take what a client has said for a page. */
const plain: readonly string[] = ['Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff'];

/** The answer, if the request is such a probe. `override` asks for the hash of the Ingress that matched. */
export function answerProbe({ probe, hash }: RequestHead, result: RouteResult): ProbeAnswer | undefined {
  if (probe === undefined) return undefined;
  if (probe === 'activator') return { status: 200, text: 'activator', headers: [] };
  if (probe !== 'probe') return { status: 400, text: `unexpected probe header value: "${probe}"`, headers: plain };
  if (!hash) return { status: 400, text: 'a probe must come with a K-Network-Hash header', headers: plain };
  if (result.kind === 'notFound') return undefined;
  if (hash !== 'override') return { status: 200, text: '', headers: ['K-Network-Hash', hash] };
  const { ingress } = result;
  return { status: 200, text: '', headers: ['K-Network-Hash', ingress.hash(), versionHeader, versionOf(ingress)] };
}
