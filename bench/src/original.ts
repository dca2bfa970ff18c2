import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Nanoseconds of processor time that one revision costs an autoscaler. */
export interface Cost {
  readonly cycle: number;
  readonly decision: number;
  readonly record: number;
}

/** Knative's own autoscaler, ready to be measured. */
export interface Original extends AsyncDisposable {
  /** What a revision with a stable window of that length costs it, measured now. Takes some seconds. */
  readonly costOf: (window: string) => Promise<Cost>;
}

/** What was measured on a machine of this kind with Go 1.26 (autoscaling.md, section 25), for where Go is not. */
const elsewhere: Cost = { cycle: 665, decision: 192, record: 230 };

/** Builds it as `bench/original/go.mod` pins it. Where that cannot be done it says so, and gives what was measured elsewhere. */
export async function openOriginal(): Promise<Original> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-original-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const program = join(folder, 'original');
  console.log('building Knative’s own autoscaler, to measure it in turn; a minute or two, the first time');
  try {
    await run('go', ['build', '-trimpath', '-o', program, '.'], { cwd: join(import.meta.dirname, '..', 'original') });
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    console.log(`Knative's autoscaler cannot be built (${reason}): ratios are to what was measured elsewhere`);
    return { costOf: () => Promise.resolve(elsewhere), [Symbol.asyncDispose]: close };
  }
  return {
    costOf: async (window) => JSON.parse((await run(program, [window])).stdout) as Cost,
    [Symbol.asyncDispose]: close,
  };
}
