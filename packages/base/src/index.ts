export { formatAddress } from './address.ts';
export { type Clock, systemClock } from './clock.ts';
export { type CloseGrace, closerOf } from './close-server.ts';
export { type LinkedSignal, linkSignals, untilAborted } from './signals.ts';
export { UserError, isAbort, messageOf } from './errors.ts';
export { type GatherOptions, gatherBody } from './gather-body.ts';
export { type Logger, type LoggerOptions, type LogLevel, createLogger, silentLogger } from './logger.ts';
export { RestartBackoff } from './restart-backoff.ts';
export { type Rate, TokenBucket } from './token-bucket.ts';
