import { type Status, StatusError, type StatusReason, statusCodes } from '@ebb/api';
import { UserError, isAbort, messageOf } from '@ebb/base';

/** The error that an answer with a code of 400 or above stands for, whether or not its body is a `Status`. */
export function failureOf(code: number, body: string, retryAfter?: string | string[]): StatusError {
  const retryAfterSeconds = Number(retryAfter);
  const details = Number.isInteger(retryAfterSeconds) && retryAfterSeconds > 0 ? { retryAfterSeconds } : undefined;
  const status = parseStatus(body);
  if (status)
    return StatusError.from({
      code,
      ...status,
      ...((status.details ?? details) ? { details: { ...details, ...status.details } } : {}),
    });
  const text = body.trim().slice(0, 500);
  return new StatusError(reasonOf(code), `the server answered ${code}${text && `: ${text}`}`, {
    code,
    ...(details ? { details } : {}),
  });
}

/** Turns what the transport threw into a `StatusError`; aborts and mistakes of the user pass as they are. */
export function connectionFailure(error: unknown, server: string): Error {
  if (error instanceof StatusError || error instanceof UserError) return error;
  if (error instanceof Error && isAbort(error)) return error;
  return new StatusError('ServiceUnavailable', `cannot reach the API server at ${server}: ${describe(error)}`, {
    cause: error,
  });
}

function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return messageOf(error);
}

function parseStatus(body: string): Status | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status')
      return value as Status;
  } catch {
    // Not JSON: a proxy's page, say. The caller quotes it.
  }
  return undefined;
}

function reasonOf(code: number): string {
  const reasons = Object.keys(statusCodes) as StatusReason[];
  if (code === 409) return 'Conflict';
  return reasons.find((reason) => statusCodes[reason] === code) ?? 'Unknown';
}
