import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Logger } from '@ebb/base';
import type { EciAccess } from '@ebb/virtual-node';
import { type Apps, createApps } from '../dev/apps.ts';
import { type RuntimeName, openRuntime } from '../dev/runtime.ts';
import type { Closers } from '../platform/closers.ts';
import { startLocalEci } from '../platform/local-eci.ts';

interface LocalParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: () => number;
  readonly closers: Closers;
}

/** An ECI whose instances are of this machine; processes are made from app folders. */
export async function startLocal(
  name: RuntimeName,
  paths: readonly string[],
  { clock, logger, random, closers }: LocalParts,
): Promise<{ access: EciAccess; apps: Apps }> {
  const snapshots = await mkdtemp(join(tmpdir(), 'ebb-images-'));
  closers.defer(() => rm(snapshots, { recursive: true, force: true }));
  const apps = await createApps(paths, snapshots);
  const { runtime } = await openRuntime(name, { apps, clock, logger, random });
  const { access } = closers.use(await startLocalEci({ runtime, clock, logger, random }));
  return { access, apps };
}
