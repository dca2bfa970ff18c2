import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalEci } from '@ebb/local-eci';
import { createTestEci, testAccessKey } from '@ebb/local-eci/testing';
import { type CreateGroup, type Eci, createEci } from '../src/eci/eci.ts';

export interface TestCloud extends AsyncDisposable {
  readonly local: LocalEci;
  /** The virtual node's own client to it. */
  readonly eci: Eci;
}

/** A local ECI whose image `dev.local/app` runs a Node program given as text. */
export async function startCloud(source = ''): Promise<TestCloud> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-test-'));
  await writeFile(join(folder, 'app.mjs'), source);
  const app = { name: 'app', folder, command: 'node app.mjs' };
  const local = await createTestEci({ apps: new Map([['app', app]]), dataDir: join(folder, 'run') });
  const { endpoint, regionId } = local;
  return {
    local,
    eci: createEci({ endpoint, protocol: 'http', regionId, ...testAccessKey }),
    [Symbol.asyncDispose]: async () => {
      await local.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A group of one container named `app`, with no grace to speak of. */
export function makeGroup(group: Partial<CreateGroup> = {}): CreateGroup {
  return {
    containerGroupName: 'default-app',
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    container: [{ name: 'app', image: 'dev.local/app', port: [{ port: 8080, protocol: 'TCP' }] }],
    tag: [{ key: 'UID', value: 'uid-1' }],
    ...group,
  };
}
