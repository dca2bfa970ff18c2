/** Why a request gets no instance: its line is full, its revision has failed or is gone, or the activator is closing. */
export type RefusalReason = 'queue-full' | 'revision-failed' | 'revision-missing' | 'closing';

/** A request that gets no instance, ever. The message may be shown to the client. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
