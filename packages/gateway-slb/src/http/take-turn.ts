import { type Caller, RefusedError, type Waiter } from '@ebb/activator';
import { messageOf } from '@ebb/base';
import type { DataPlane } from './data-plane.ts';
import type { Wait } from './timeouts.ts';

/**
 * Asks for an instance of a revision. The caller is told at once if one has room or none can be had; else its place in the
 * line comes back.
 * @param again True for a request that had an instance before: it has been counted.
 */
export function takeTurn(
  { activator }: DataPlane,
  revisionKey: string,
  caller: Caller,
  again: boolean,
): Waiter | undefined {
  try {
    const entered = activator.enter(revisionKey, caller, again);
    if ('cancel' in entered) return entered;
    caller.granted(entered);
  } catch (error) {
    caller.refused(error instanceof RefusedError ? error : new RefusedError('closing', messageOf(error)));
  }
  return undefined;
}

/** How long whoever asks has waited; see `Wait`. */
export function waitOf(
  { activator, clock }: DataPlane,
  revisionKey: string,
  { arrivedAt, retryUntil }: Pick<Wait, 'arrivedAt' | 'retryUntil'>,
): Wait {
  return { arrivedAt, retryUntil, servingSince: activator.servingSince(revisionKey) ?? clock.now() };
}
