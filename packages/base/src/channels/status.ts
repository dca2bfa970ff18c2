/** How a remote command ended, as it is told on the error channel (meta/v1 Status, as far as that goes). */
export interface SessionStatus {
  readonly metadata: object;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: { readonly causes: readonly { readonly reason: string; readonly message: string }[] };
  readonly code?: number;
}

/** The status of a command that ran and ended with an exit code. */
export function exitStatus(exitCode: number): SessionStatus {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** The status of a command that could not be run, or was lost. */
export function failureStatus(message: string): SessionStatus {
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 };
}

/** Reads what came on an error channel; what is no status is a failure with that text. */
export function parseStatus(text: string): SessionStatus {
  try {
    const value = JSON.parse(text) as Partial<SessionStatus> | null;
    if (value?.status === 'Success' || value?.status === 'Failure')
      return { metadata: {}, ...value, status: value.status };
  } catch {
    // Told below.
  }
  return failureStatus(text.slice(0, 1000) || 'the session was cut off');
}

/** Columns and rows of a terminal. */
export interface TerminalSize {
  readonly width: number;
  readonly height: number;
}

/** Reads a message of the resize channel; undefined if it is none. */
export function parseSize(text: string): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(text) as { readonly Width?: unknown; readonly Height?: unknown };
    const isSize = (value: unknown): value is number =>
      Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
    return isSize(Width) && isSize(Height) ? { width: Width, height: Height } : undefined;
  } catch {
    return undefined;
  }
}
