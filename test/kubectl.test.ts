import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@ebb/base/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespace, newName } from './api.ts';
import { helloManifest } from './hello.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';

const run = promisify(execFile);
const inNamespace = ['--namespace', namespace];
const examples = join(import.meta.dirname, '..', 'examples');

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
if (!hasKubectl) process.stderr.write('kubectl is not on the PATH: its stories are skipped\n');

// Skipped only where kubectl is not installed, as on a new user's machine.
describe.skipIf(!hasKubectl)('kubectl', () => {
  let ebb: TestPlatform;
  let folder: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    ebb = await startTestPlatform([examples]);
    folder = await mkdtemp(join(tmpdir(), 'ebb-kubectl-'));
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, ebb.platform.kubeconfig, { mode: 0o600 });
    env = { ...process.env, KUBECONFIG: kubeconfig, HOME: folder };
    await ebb.apply(helloManifest('hello'));
    await ebb.ready('hello');
  });
  afterAll(async () => {
    await ebb[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const kubectl = async (...args: string[]): Promise<string> =>
    (await run('kubectl', [...inNamespace, ...args], { env, timeout: 60_000 })).stdout;
  const file = async (text: string): Promise<string> => {
    const path = join(folder, 'manifest.yaml');
    await writeFile(path, text);
    return path;
  };
  /** Starts a kubectl that goes on; its output so far, and a way to end it. */
  const follow = (...args: string[]): { output: () => string; stop: () => void } => {
    const child: ChildProcess = spawn('kubectl', [...inNamespace, ...args], { env });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return { output: () => output, stop: () => void child.kill() };
  };

  it('applies a manifest and waits for it', async () => {
    const name = newName('applied');
    const manifest = await file(helloManifest(name));
    expect(await kubectl('apply', '-f', manifest)).toBe(`service.serving.knative.dev/${name} created\n`);
    expect(await kubectl('wait', '--for=condition=Ready', `ksvc/${name}`, '--timeout=30s')).toContain('condition met');
    await kubectl('apply', '-f', manifest);
    const revisions = await kubectl('get', 'rev', '-l', `serving.knative.dev/service=${name}`, '-o', 'name');
    expect(revisions).toBe(`revision.serving.knative.dev/${name}-00001\n`);
  });

  it('shows what there is in columns', async () => {
    const [head = '', row = ''] = (await kubectl('get', 'ksvc', 'hello')).split('\n');
    expect(head.split(/\s+/).filter(Boolean)).toEqual([
      'NAME',
      'URL',
      'LATESTCREATED',
      'LATESTREADY',
      'READY',
      'REASON',
    ]);
    expect(row).toMatch(/^hello +http:\/\/hello\.[\w-]+\.localhost:\d+ +hello-00001 +hello-00001 +True/);
    await ebb.curl(`hello.${namespace}.localhost`); // or it may have gone to zero meanwhile
    const all = await kubectl('get', 'ksvc,rev,route,pods,nodes');
    for (const part of [
      'service.serving.knative.dev/hello',
      'revision.serving.knative.dev/hello-00001',
      'pod/hello-00001-deployment-',
      'node/',
    ]) {
      expect(all).toContain(part);
    }
  });

  it('describes and explains', async () => {
    const text = await kubectl('describe', 'ksvc', 'hello');
    for (const part of ['ConfigurationsReady', 'RoutesReady', 'Latest Ready Revision Name', 'Events:'])
      expect(text).toContain(part);
    expect(await kubectl('explain', 'ksvc.spec.template.spec.containerConcurrency')).toMatch(
      /containerConcurrency <integer>/,
    );
    expect(await kubectl('explain', 'pod.spec.containers')).toContain('image');
  });

  it('shows a difference before it is applied', async () => {
    const differing = await run(
      'kubectl',
      [...inNamespace, 'diff', '-f', await file(helloManifest('hello', { target: 'Diff' }))],
      { env },
    ).catch((error: { code: number; stdout: string }) => error);
    expect(differing).toMatchObject({ code: 1 });
    expect(differing.stdout).toMatch(/-\s+value: World\n\+\s+value: Diff/);
  });

  it('applies on the server, and tells of conflicts', async () => {
    const name = newName('server');
    const onServer = (target: string): string => helloManifest(name, { target });
    for (const target of ['World', 'Server']) {
      const path = await file(onServer(target));
      expect(await kubectl('apply', '--server-side', '-f', path)).toContain('serverside-applied');
    }
    await kubectl('wait', '--for=condition=Ready', `ksvc/${name}`, '--timeout=30s');
    const path = await file(onServer('Other'));
    await expect(kubectl('apply', '--server-side', '--field-manager=other', '-f', path)).rejects.toMatchObject({
      stderr: expect.stringContaining('conflict with "kubectl"'),
    });
  });

  it('patches in three ways', async () => {
    const patch = (type: string, body: object): Promise<string> =>
      kubectl('patch', 'ksvc', 'hello', `--type=${type}`, '-p', JSON.stringify(body));
    expect(await patch('merge', { metadata: { labels: { a: '1' } } })).toContain('patched');
    expect(await patch('json', [{ op: 'replace', path: '/metadata/labels/a', value: '2' }])).toContain('patched');
    expect(await kubectl('get', 'ksvc', 'hello', '-o', 'jsonpath={.metadata.labels.a}')).toBe('2');
    const settings = newName('settings');
    await kubectl('create', 'configmap', settings, '--from-literal=a=1');
    expect(await kubectl('patch', 'configmap', settings, '-p', '{"data":{"b":"2"}}')).toContain('patched');
    expect(await kubectl('get', 'configmap', settings, '-o', 'jsonpath={.data}')).toBe('{"a":"1","b":"2"}');
  });

  it('labels, and edits with an editor', async () => {
    expect(await kubectl('label', '--overwrite', 'ksvc', 'hello', 'team=blue')).toContain('labeled');
    const editor = join(folder, 'editor.sh');
    await writeFile(editor, '#!/bin/sh\nsed -i s/blue/green/ "$1"\n');
    await chmod(editor, 0o700);
    const { stdout } = await run('kubectl', [...inNamespace, 'edit', 'ksvc', 'hello'], {
      env: { ...env, KUBE_EDITOR: editor },
    });
    expect(stdout).toContain('edited');
    expect(await kubectl('get', 'ksvc', '-l', 'team=green', '-o', 'name')).toBe('service.serving.knative.dev/hello\n');
  });

  it('refuses a wrong manifest with the words and the path of the field', async () => {
    const wrong = helloManifest('hello').replace('image: dev.local/hello', 'image: ""');
    await expect(kubectl('apply', '-f', await file(wrong.replace('name: hello', 'name: wrong')))).rejects.toMatchObject(
      {
        stderr: expect.stringContaining('missing field(s): spec.template.spec.containers[0].image'),
      },
    );
    const unknown = helloManifest('hello').replace('spec:\n  template', 'spec:\n  tmplate: {}\n  template');
    await expect(kubectl('apply', '-f', await file(unknown))).rejects.toMatchObject({
      stderr: expect.stringContaining('unknown field "spec.tmplate"'),
    });
  });

  it('follows logs and watches', async () => {
    const watch = follow('get', 'ksvc', 'hello', '-w');
    let logs: ReturnType<typeof follow> | undefined;
    try {
      await eventually(() => watch.output().includes('hello'), { what: 'the watch to show hello' });
      const [pod] = await eventually(async () => {
        await ebb.curl(`hello.${namespace}.localhost`);
        return (await ebb.pods('hello')).filter(({ status }) => status?.phase === 'Running');
      });
      logs = follow('logs', '-f', pod?.metadata.name ?? '');
      await eventually(() => logs?.output().includes('listening on port'), { what: 'the log' });
      await kubectl('annotate', '--overwrite', 'ksvc', 'hello', `note=${newName('note')}`);
      await eventually(() => watch.output().trim().split('\n').length > 2, { what: 'the watch to show a change' });
      expect(watch.output()).toMatch(/^NAME +URL/);
    } finally {
      watch.stop();
      logs?.stop();
    }
  });

  it('deletes, and everything goes', async () => {
    const name = newName('leaving');
    await kubectl('apply', '-f', await file(helloManifest(name)));
    await kubectl('wait', '--for=condition=Ready', `ksvc/${name}`, '--timeout=30s');
    const all = 'ksvc,configurations,rev,route,kpa,king,pods';
    const left = async (): Promise<string[]> =>
      (await kubectl('get', all, '-o', 'name')).split('\n').filter((each) => each.includes(`/${name}`));
    expect((await left()).length).toBeGreaterThan(6);
    expect(await kubectl('delete', 'ksvc', name)).toContain('deleted');
    await eventually(async () => expect(await left()).toEqual([]), { what: 'nothing left', timeoutMs: 30_000 });
  });
});
