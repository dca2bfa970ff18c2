import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * `EBB_TEST_API=cluster` tells the stories of `test/` to a real kube-apiserver, `embedded` the same ones to the embedded API;
 * without it all tests run. See test/README.md.
 */
const server = process.env['EBB_TEST_API'];
const stories = {
  include: ['test/**/*.test.ts'],
  // About this repository, and about `ebb dev`, whose API is the embedded one.
  exclude: ['test/house.test.ts', 'test/ebb-dev.test.ts'],
};
/** One cluster for all: the controllers of one story would see the objects of another. */
const oneCluster = { globalSetup: 'test/cluster/global-setup.ts', fileParallelism: false };
const everything = { include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'test/**/*.test.ts'] };

/** What waits for processes and containers more than it works goes first: the other tests use that time. */
class WaitersFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const waits = ({ moduleId }: TestSpecification): boolean => !/\/packages\/(?!local-eci\/test\/)/.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(waits), ...sorted.filter((file) => !waits(file))];
  }
}

/** Those of CI are shared with others, and stand still at times. */
const isShared = process.env['CI'] !== undefined;
const limitMs = isShared ? 360_000 : 120_000;

/** As Node's own. */
const conditions = ['ebb-source', 'node', 'import', 'default'];

export default defineConfig({
  ssr: { resolve: { conditions } },
  resolve: { conditions },
  // What `globalSetup` runs in takes its conditions from neither.
  environments: { __vitest__: { resolve: { conditions, noExternal: [/^@ebb\//] } } },
  test: {
    ...(server === undefined ? everything : stories),
    ...(server === 'cluster' ? oneCluster : { maxWorkers: availableParallelism() + 1 }),
    // Loading modules anew for each file takes longer than the tests; none of them leaves anything in a module's state.
    isolate: false,
    sequence: { sequencer: WaitersFirst },
    // A story takes a fraction of it.
    testTimeout: limitMs,
    // Hooks are not told again.
    hookTimeout: limitMs,
    // A story that time ran out for is told again there. At home it fails at once.
    retry: isShared ? 2 : 0,
    teardownTimeout: 10_000,
  },
});
