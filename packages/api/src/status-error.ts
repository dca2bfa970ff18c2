import type { Status } from './meta.ts';

/** HTTP codes of the reasons Kubernetes knows (`apimachinery` StatusReason). */
export const statusCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof statusCodes;

/** An error in the form of the Kubernetes API: a reason, its HTTP code, and details. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly code: number;
  readonly reason: string;
  readonly details: Status['details'];

  constructor(
    reason: StatusReason | (string & {}),
    message: string,
    { code, details, cause }: { code?: number; details?: Status['details']; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.code = code ?? (reason in statusCodes ? statusCodes[reason as StatusReason] : 500);
    this.details = details;
  }

  /** The error a `Status` object from an API server stands for. */
  static from(status: Status): StatusError {
    return new StatusError(status.reason ?? 'Unknown', status.message ?? 'unknown error', {
      ...(status.code === undefined ? {} : { code: status.code }),
      ...(status.details === undefined ? {} : { details: status.details }),
    });
  }

  /** The `Status` object to answer with. */
  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

function hasReason(error: unknown, reason: string): boolean {
  for (let e: unknown = error; e instanceof Error; e = e.cause)
    if (e instanceof StatusError) return e.reason === reason;
  return false;
}

export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound');
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict');
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
export const isGone = (error: unknown): boolean => hasReason(error, 'Gone') || hasReason(error, 'Expired');
