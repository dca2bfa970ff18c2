import { pino } from 'pino';

/** A structured logger: a constant message and key/value pairs; objects are named as `namespace/name`. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A logger that adds `fields` to every line. */
  child(fields: object): Logger;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  /** Least level written. Default `info`. */
  readonly level?: LogLevel;
  /** File descriptor or path written to, as JSON lines. Default 2 (standard error). */
  readonly destination?: number | string;
}

/** A logger that writes JSON lines. */
export function createLogger({ level = 'info', destination = 2 }: LoggerOptions = {}): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: destination, sync: true, mkdir: true }),
  );
}

/** Writes nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });
