import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@ebb/base/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespace, newName } from './api.ts';
import { helloManifest } from './hello.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';

const run = promisify(execFile);
const examples = join(import.meta.dirname, '..', 'examples');

/** Where programs are looked for; `kubectl` itself may be a link into a folder of several versions. */
const folders = (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => {
  const kubectl = join(folder, 'kubectl');
  return existsSync(kubectl) ? [folder, dirname(realpathSync(kubectl))] : [folder];
});
/** `kubectl.1.27` and so on, as far as they are there, by their names. */
const commands = [27, 28, 29, 30, 31, 32, 33].flatMap((minor) => {
  const name = `kubectl.1.${minor}`;
  const path = folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
  return path === undefined ? [] : [[name, path] as const];
});
if (commands.length === 0)
  process.stderr.write('no kubectl.1.27 to kubectl.1.33 on the PATH: their stories are skipped\n');

describe.skipIf(commands.length === 0)('a kubectl of another version', () => {
  let ebb: TestPlatform;
  let folder: string;
  beforeAll(async () => {
    ebb = await startTestPlatform([examples]);
    folder = await mkdtemp(join(tmpdir(), 'ebb-kubectl-'));
    await writeFile(join(folder, 'kubeconfig'), ebb.platform.kubeconfig, { mode: 0o600 });
  });
  afterAll(async () => {
    await ebb[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(commands)('%s deploys, reads, changes, logs and deletes', { timeout: 240_000 }, async (command, path) => {
    const name = newName(command.replaceAll('.', '-'));
    const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), HOME: join(folder, name) };
    const kubectl = async (...args: string[]): Promise<string> =>
      (await run(path, ['--namespace', namespace, ...args], { env, timeout: 60_000 })).stdout;
    const apply = async (target: string, ...args: string[]): Promise<string> => {
      const file = join(folder, `${name}.yaml`);
      await writeFile(file, helloManifest(name, { target }));
      return kubectl('apply', ...args, '-f', file);
    };

    expect(await kubectl('version', '--output=json')).toContain('serverVersion');
    expect(await kubectl('api-resources', '--api-group=serving.knative.dev', '-o', 'name')).toContain(
      'services.serving',
    );
    expect(await kubectl('explain', 'ksvc.spec.template.spec.containerConcurrency')).toContain('containerConcurrency');
    expect(await apply('World')).toContain('created');
    await kubectl('wait', '--for=condition=Ready', `ksvc/${name}`, '--timeout=30s');
    expect(await kubectl('get', 'ksvc', name)).toMatch(new RegExp(`${name} +http://.* True`));
    expect((await ebb.curl(`${name}.${namespace}.localhost`)).body).toContain('Hello World');

    await apply('World');
    const revisions = ['get', 'rev', '-l', `serving.knative.dev/service=${name}`, '-o', 'name'];
    expect(await kubectl(...revisions)).toBe(`revision.serving.knative.dev/${name}-00001\n`);
    expect(await apply('Ebb', '--server-side', '--force-conflicts')).toContain('serverside-applied');
    const second = `${name}-00002`;
    await kubectl(
      'wait',
      `--for=jsonpath={.status.latestReadyRevisionName}=${second}`,
      `ksvc/${name}`,
      '--timeout=30s',
    );
    await kubectl('wait', '--for=condition=Ready', `ksvc/${name}`, '--timeout=30s');
    expect((await ebb.curl(`${name}.${namespace}.localhost`)).body).toContain('Hello Ebb');

    await kubectl('label', 'ksvc', name, 'team=blue');
    await kubectl('patch', 'ksvc', name, '--type=merge', '-p', '{"metadata":{"annotations":{"note":"1"}}}');
    expect(
      await kubectl('get', 'ksvc', '-l', 'team=blue', '-o', 'jsonpath={.items[*].metadata.annotations.note}'),
    ).toBe('1');
    expect(await kubectl('describe', 'ksvc', name)).toContain('Latest Ready Revision Name');
    const logs = (): Promise<string> => kubectl('logs', '-l', `serving.knative.dev/revision=${second}`, '--tail=-1');
    await eventually(async () => (await logs()).includes('listening on port'), { what: 'the log' });

    expect(await kubectl('delete', 'ksvc', name, '--cascade=foreground')).toContain('deleted');
    expect(
      await kubectl('get', 'ksvc,route,configuration,rev', '-l', `serving.knative.dev/service=${name}`, '-o', 'name'),
    ).toBe('');
  });
});
