import type { Forward } from '@ebb/router';
import type { UpstreamRequest } from '../upstream/call.ts';
import type { Peer } from './downstream.ts';

/** A request that was made of a head, and for whom; without its body, which is another each time. */
export interface MadeRequest {
  readonly forward: Forward;
  readonly peer: Peer;
  readonly hasBody: boolean;
  readonly request: UpstreamRequest;
}
