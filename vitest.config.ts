import { defineConfig } from 'vitest/config';

/** `EBB_TEST_API=cluster` runs the stories on a real kube-apiserver, see test/README.md. */
const onCluster = process.env['EBB_TEST_API'] === 'cluster';

const conditions = ['ebb-source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  // What `globalSetup` runs in takes its conditions from neither.
  environments: { __vitest__: { resolve: { conditions, noExternal: [/^@ebb\//] } } },
  test: {
    ...(onCluster
      ? {
          include: ['test/**/*.test.ts'],
          // About this repository, and about `ebb dev`, whose API is the embedded one.
          exclude: ['test/house.test.ts', 'test/ebb-dev.test.ts'],
          globalSetup: 'test/cluster/global-setup.ts',
          // One cluster for all: its controllers would see each other's objects.
          fileParallelism: false,
        }
      : { include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts'] }),
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
  },
});
