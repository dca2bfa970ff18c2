import { silentLogger, systemClock } from '@ebb/base';
import { type LocalEci, type LocalEciOptions, createLocalEci } from './local-eci.ts';
import { type AppFolder, appNameOf } from './process/apps.ts';
import { createProcessRuntime } from './process/runtime.ts';
import type { Runtime } from './runtime.ts';
import type { AccessKey } from './wire/signature.ts';

/** The key of the test ECIs. */
export const testAccessKey: AccessKey = { accessKeyId: 'test-key-id', accessKeySecret: 'test-key-secret' };

/** The token of the test ECIs' panels. */
export const testPanelToken = 'test-panel-token';

export interface TestEciOptions extends Partial<Pick<LocalEciOptions, 'limits' | 'zones' | 'random'>> {
  /** Apps by name, for the process runtime. */
  readonly apps?: ReadonlyMap<string, AppFolder>;
  /** Instead of the process runtime. */
  readonly runtime?: Runtime;
  /** Where the bill is kept, and what the process runtime has to keep. */
  readonly dataDir?: string;
}

/** A local ECI on a free port, on the machine's clock, that logs nothing. Use it with `await using`. */
export function createTestEci({ apps = new Map(), runtime, dataDir, ...rest }: TestEciOptions = {}): Promise<LocalEci> {
  const processes = (): Runtime =>
    createProcessRuntime({
      images: (image) => apps.get(appNameOf(image) ?? ''),
      imageNames: () => [...apps.keys()],
      ...(dataDir === undefined ? {} : { dataDir }),
      clock: systemClock,
      logger: silentLogger,
    });
  return createLocalEci({
    credentials: testAccessKey,
    runtime: runtime ?? processes(),
    panelToken: testPanelToken,
    dataDir,
    ...rest,
    clock: systemClock,
    logger: silentLogger,
  });
}
