import type { Admission, CustomResourceDefinition } from '@ebb/api';
import { type Clock, type Logger, silentLogger, systemClock } from '@ebb/base';
import { type ApiServer, createApiServer } from './api-server.ts';
import { type Credentials, makeCredentials } from './auth/credentials.ts';

export interface TestApiOptions {
  /** Installed at start. Default none. */
  readonly crds?: readonly CustomResourceDefinition[];
  /** Default: lets everything pass as it is. */
  readonly admission?: Admission;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: silent. */
  readonly logger?: Logger;
  readonly dataDir?: string;
  readonly kubelet?: { readonly token: string };
}

/** Lets every write pass unchanged. */
export const passThrough: Admission = {
  mutate: ({ object }) => object,
  validate: () => ({ warnings: [] }),
};

let shared: Promise<Credentials> | undefined;

/** Starts an API server for a test, in memory, on a free port of loopback. Keys are made once per process. */
export async function createTestApi(options: TestApiOptions = {}): Promise<ApiServer> {
  const { crds = [], admission = passThrough, clock = systemClock, logger = silentLogger, ...rest } = options;
  shared ??= makeCredentials('127.0.0.1', systemClock.now());
  const credentials = rest.dataDir === undefined ? { credentials: await shared } : {};
  return createApiServer({ crds, admission, clock, logger, ...credentials, ...rest });
}
