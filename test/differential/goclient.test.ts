import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTestApi } from '@ebb/apiserver/testing';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { normalize } from './normalize.ts';

interface Step {
  readonly say: string;
  readonly object?: unknown;
}

const run = promisify(execFile);
const clusterModule = join(import.meta.dirname, '..', 'cluster');
const buildMs = 600_000;

/** What controllers written in Go do, in protocol buffers: see `goclient/main.go`. */
describe.skipIf(process.env['EBB_TEST_API'] !== 'cluster')('a typed Go client', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ebb-goclient-'));
    const source = join(import.meta.dirname, 'goclient', 'main.go');
    await run('go', ['build', '-trimpath', '-o', join(folder, 'goclient'), source], { cwd: clusterModule });
  }, buildMs);
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  /** What the client saw, in the form in which two servers are compared. */
  async function see(kubeconfig: string): Promise<unknown> {
    const file = join(folder, 'kubeconfig');
    const namespace = `goclient-${Date.now().toString(36)}`;
    await writeFile(file, kubeconfig, { mode: 0o600 });
    const { stdout } = await run(join(folder, 'goclient'), [file, namespace], { maxBuffer: 2 ** 24 });
    const steps = JSON.parse(stdout) as Step[];
    return normalize(steps.map(withoutRepeats), namespace);
  }

  it('sees the same on both servers', async () => {
    await using api = await createTestApi();
    const embedded = await see(api.kubeconfig);
    expect(embedded).toEqual(await see(inject('cluster').kubeconfig));
  });
});

/** How many updates lie between two states of an object is not promised. */
function withoutRepeats(step: Step): Step {
  if (step.say !== 'what the informer told' || !Array.isArray(step.object)) return step;
  return { ...step, object: step.object.filter((each, index, all) => each !== all[index - 1]) };
}
