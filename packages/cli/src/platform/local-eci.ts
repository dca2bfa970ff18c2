import { randomBytes } from 'node:crypto';
import type { Clock, Logger } from '@ebb/base';
import { type Runtime, createLocalEci } from '@ebb/local-eci';
import type { EciAccess } from '@ebb/virtual-node';

const host = '127.0.0.1';
const regionId = 'local';

/** An ECI on this machine, and the way to it. */
export interface RunningLocalEci extends AsyncDisposable {
  readonly access: EciAccess;
}

export interface LocalEciSettings {
  /** What runs container groups; closed at the end. */
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Starts a local ECI on loopback, with credentials that live as long as this process. */
export async function startLocalEci({ runtime, clock, logger }: LocalEciSettings): Promise<RunningLocalEci> {
  const credentials = {
    accessKeyId: `local-${randomBytes(8).toString('hex')}`,
    accessKeySecret: randomBytes(24).toString('hex'),
  };
  const eci = await createLocalEci({
    host,
    regionId,
    credentials,
    runtime,
    clock,
    logger: logger.child({ component: 'local-eci' }),
  });
  return {
    access: { endpoint: eci.endpoint, protocol: 'http', regionId, ...credentials },
    [Symbol.asyncDispose]: () => eci.close(),
  };
}
