import type { Clock, Logger } from '@ebb/base';
import {
  type Runtime,
  createProcessRuntime,
  createSimulatedRuntime,
  findEngine,
  openContainerRuntime,
} from '@ebb/local-eci';
import type { Apps } from './apps.ts';

/** What `ebb dev` runs instances as: processes in the apps' folders, containers of Docker or Podman, or in pretence. */
export type RuntimeName = 'process' | 'container' | 'simulated';

interface RuntimeOptions {
  readonly apps: Apps;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
}

/** Rejects with `UserError` if there is no engine for containers. */
export async function openRuntime(
  name: RuntimeName,
  { apps, clock, logger, random }: RuntimeOptions,
): Promise<Runtime> {
  switch (name) {
    case 'process':
      return createProcessRuntime({
        images: apps.find,
        imageNames: () => apps.list().map((app) => app.name),
        clock,
        logger,
      });
    case 'container':
      return openContainerRuntime({ engine: findEngine(process.env), clock, logger });
    case 'simulated':
      return createSimulatedRuntime({ clock, random, serve: true });
  }
}
