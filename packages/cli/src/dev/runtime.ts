import type { Clock, Logger } from '@ebb/base';
import {
  type NameServer,
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
  /** Who tells containers where Services are, once there is one. */
  readonly nameServer?: (() => NameServer | undefined) | undefined;
}

export interface OpenedRuntime {
  readonly runtime: Runtime;
  /** This machine's address among containers. */
  readonly hostAddress?: string | undefined;
}

/** Rejects with `UserError` if there is no engine for containers. */
export async function openRuntime(
  name: RuntimeName,
  { apps, clock, logger, random, nameServer }: RuntimeOptions,
): Promise<OpenedRuntime> {
  switch (name) {
    case 'process':
      return {
        runtime: createProcessRuntime({
          images: apps.find,
          imageNames: () => apps.list().map((app) => app.name),
          clock,
          logger,
        }),
      };
    case 'container': {
      const inside = nameServer ? { holdNetwork: true, nameServer } : {};
      const runtime = await openContainerRuntime({ engine: findEngine(process.env), ...inside, clock, logger });
      return { runtime, hostAddress: runtime.hostAddress };
    }
    case 'simulated':
      return { runtime: createSimulatedRuntime({ clock, random, serve: true }) };
  }
}
