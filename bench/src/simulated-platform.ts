import { silentLogger, systemClock } from '@ebb/base';
import { type Platform, startPlatform } from '@ebb/cli';
import { createSimulatedRuntime } from '@ebb/local-eci';

/** How long a simulated instance takes to come up, in milliseconds: what Ebb adds is beside it. */
const instanceMs = [80, 160] as const;

/** A whole platform, in memory, with simulated instances. `onReady` is told when one can answer, by the system's clock. */
export function startSimulatedPlatform(onReady?: (atMs: number) => void): Promise<Platform> {
  return startPlatform({
    gateway: { port: 28_080, strict: false },
    api: { port: 26_443, strict: false },
    domain: 'localhost',
    dataDir: undefined,
    runtime: createSimulatedRuntime({
      clock: systemClock,
      random: () => Math.random(),
      timing: { schedulingMs: 0, pendingMs: instanceMs, terminatingMs: 0 },
      serve: true,
      onReady: (_, atMs) => onReady?.(atMs),
    }),
    clock: systemClock,
    logger: silentLogger,
    random: () => Math.random(),
  });
}
