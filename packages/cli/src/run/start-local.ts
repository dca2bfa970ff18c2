import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Logger, messageOf } from '@ebb/base';
import type { KubeClient } from '@ebb/kube';
import type { EciAccess } from '@ebb/virtual-node';
import { announcePanel } from '../client/eci-panel.ts';
import { type Apps, createApps } from '../dev/apps.ts';
import { type RuntimeName, openRuntime } from '../dev/runtime.ts';
import type { Closers } from '../platform/closers.ts';
import { Inside } from '../inside/inside.ts';
import { startLocalEci } from '../platform/local-eci.ts';

interface LocalParts {
  /** Where the bill is kept. Default: in memory alone. */
  readonly dataDir: string | undefined;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly closers: Closers;
}

/** An ECI of this machine. */
interface LocalNode {
  readonly access: EciAccess;
  readonly apps: Apps;
  /** Where the gateway is to listen for what containers ask of it; undefined where there are none, or they cannot. */
  readonly private: { readonly host: string; readonly port: number } | undefined;
}

/** An ECI whose instances are of this machine; processes are made from app folders. */
export async function startLocal(
  name: RuntimeName,
  paths: readonly string[],
  { dataDir, client, clock, logger, random, closers }: LocalParts,
): Promise<LocalNode> {
  const snapshots = await mkdtemp(join(tmpdir(), 'ebb-images-'));
  closers.defer(() => rm(snapshots, { recursive: true, force: true }));
  const apps = await createApps(paths, snapshots);
  const inside = new Inside({ clock, logger });
  const nameServer = (): ReturnType<typeof inside.nameServer> => inside.nameServer();
  const { runtime, hostAddress } = await openRuntime(name, { apps, clock, logger, random, nameServer });
  const { access, panel } = closers.use(await startLocalEci({ runtime, dataDir, clock, logger, random }));
  // Without it only `ebb eci` and `ebb cost` are at a loss.
  await announcePanel(client, panel).catch((error: unknown) =>
    logger.warn({ error: messageOf(error) }, 'nobody can be told where the panel of the local ECI is'),
  );
  const listener = hostAddress === undefined ? undefined : await inside.findListener(hostAddress);
  if (listener) closers.use(await inside.open(client, listener.host));
  return { access, apps, private: listener };
}
