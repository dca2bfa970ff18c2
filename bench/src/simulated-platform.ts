import { silentLogger, systemClock } from '@ebb/base';
import { type Platform, startPlatform } from '@ebb/cli';
import { type Duration, createSimulatedRuntime } from '@ebb/local-eci';

/** How long a simulated instance takes to come up, in milliseconds: what Ebb adds is beside it. */
const usualInstanceMs = [80, 160] as const;

interface SimulatedOptions {
  /** Told when an instance can answer, by the system's clock. */
  readonly onReady?: (atMs: number) => void;
  /** How long an instance takes to come up, in milliseconds. Default: 80 to 160. */
  readonly instanceMs?: Duration;
  /** Instances answer requests, on a port each. Default true. */
  readonly serve?: boolean;
  /** Keep to ECI's published limits of calls. Default false. */
  readonly eciLimits?: boolean;
}

/** A whole platform, in memory, with simulated instances. */
export function startSimulatedPlatform({
  onReady,
  instanceMs = usualInstanceMs,
  serve = true,
  eciLimits = false,
}: SimulatedOptions = {}): Promise<Platform> {
  return startPlatform({
    gateway: { port: 28_080, strict: false },
    api: { port: 26_443, strict: false },
    domain: 'localhost',
    dataDir: undefined,
    eciLimits,
    runtime: createSimulatedRuntime({
      clock: systemClock,
      random: () => Math.random(),
      timing: { schedulingMs: 0, pendingMs: instanceMs, terminatingMs: 0 },
      serve,
      onReady: (_, atMs) => onReady?.(atMs),
    }),
    clock: systemClock,
    logger: silentLogger,
    random: () => Math.random(),
  });
}
