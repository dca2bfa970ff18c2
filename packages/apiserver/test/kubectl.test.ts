import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@ebb/base/testing';
import type { ApiServer } from '../src/index.ts';
import { createTestApi } from '../src/testing.ts';
import { configMap, pod, widget, widgetCrd } from './fixtures.ts';

const run = promisify(execFile);
// Naming a version keeps a dispatcher that picks one by the server's version out of it.
const command = ['kubectl.1.33', 'kubectl'].find((name) => spawnSync(name, ['version', '--client']).status === 0);
if (!command) console.warn('kubectl is not on the PATH: its tests are skipped'); // oxlint-disable-line no-console -- says why

describe.skipIf(!command)('kubectl', () => {
  let api: ApiServer;
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ebb-kubectl-'));
    api = await createTestApi();
    writeFileSync(join(folder, 'kubeconfig'), api.kubeconfig);
    await kubectl('apply', '-f', manifest('crd', widgetCrd));
    await kubectl('wait', '--for=condition=Established', 'crd/widgets.example.com', '--timeout=40s');
  });
  /** Each test has its own, and each try of it: none finds what another left. */
  let namespace = 'default';
  let namespaces = 0;
  beforeEach(async () => {
    namespaces += 1;
    const name = `test-${namespaces}`;
    await kubectl('create', 'namespace', name);
    namespace = name;
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const env = (): NodeJS.ProcessEnv => ({ ...process.env, KUBECONFIG: join(folder, 'kubeconfig'), HOME: folder });
  async function kubectl(...args: string[]): Promise<string> {
    const { stdout } = await run(command ?? '', ['--namespace', namespace, ...args], { env: env() });
    return stdout.trim();
  }
  function manifest(name: string, object: object): string {
    const path = join(folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(object));
    return path;
  }
  const fails = async (...args: string[]): Promise<string> =>
    kubectl(...args).then(
      (text) => Promise.reject(new Error(`it did not fail: ${text}`)),
      (error: { stderr: string }) => error.stderr.trim(),
    );

  it.each([
    ['configmap', configMap('c', { a: '1' }), { ...configMap('c', { a: '2' }) }],
    ['widget', widget('w', { size: 1 }), widget('w', { size: 2 })],
  ])('applies and compares a %s', async (kind, first, second) => {
    const file = manifest(kind, first);
    expect(await kubectl('apply', '-f', file)).toMatch(/ created$/);
    expect(await kubectl('apply', '-f', file)).toMatch(/ unchanged$/);
    const changed = manifest(`${kind}-changed`, second);
    await expect(kubectl('diff', '-f', changed)).rejects.toMatchObject({ code: 1, stdout: /\n-.*1.*\n\+.*2/ });
    expect(await kubectl('apply', '-f', changed)).toMatch(/ configured$/);
    expect(await kubectl('apply', '--server-side', '-f', changed)).toMatch(/ serverside-applied$/);
    const conflict = await fails('apply', '--server-side', '--field-manager=other', '-f', file);
    expect(conflict).toContain('Apply failed with 1 conflict');
    await kubectl('apply', '--server-side', '--field-manager=other', '--force-conflicts', '-f', file);
    expect(await kubectl('delete', '-f', file)).toMatch(/ deleted$/);
  });

  it.each([
    ['configmap', configMap('over', { a: '1' }), configMap('over', { a: '2' })],
    ['widget', widget('over', { size: 1 }), widget('over', { size: 2 })],
  ])('goes over from client-side to server-side apply and back with a %s', async (kind, first, second) => {
    const [file, changed] = [manifest(kind, first), manifest(`${kind}-changed`, second)];
    await kubectl('apply', '-f', file);
    await expect(kubectl('diff', '--server-side', '-f', changed)).rejects.toMatchObject({ code: 1 });
    expect(await kubectl('apply', '--server-side', '-f', changed)).toMatch(/ serverside-applied$/);
    expect(await kubectl('apply', '-f', changed)).toMatch(/ (unchanged|configured)$/);
    expect(await kubectl('diff', '-f', changed)).toBe('');
    await kubectl('delete', '-f', file);
  });

  it('creates what it sends in protocol buffers', async () => {
    expect(await kubectl('create', 'configmap', 'typed', '--from-literal=k=v')).toBe('configmap/typed created');
    expect(await kubectl('get', 'configmap', 'typed', '-o', 'jsonpath={.data.k}')).toBe('v');
    expect(await kubectl('create', 'secret', 'generic', 'typed', '--from-literal=k=v')).toBe('secret/typed created');
    expect(await kubectl('get', 'secret', 'typed', '-o', 'jsonpath={.data.k}')).toBe('dg==');
    expect(await kubectl('auth', 'can-i', 'create', 'pods')).toBe('yes');
    expect(await fails('create', 'deployment', 'd', '--image=a')).toContain('nothing here runs a Deployment');
  });

  it('patches in three ways, labels, annotates and edits', async () => {
    await kubectl('create', '-f', manifest('p', configMap('p', { a: '1' })));
    await kubectl('patch', 'cm', 'p', '-p', '{"data":{"b":"2"}}');
    await kubectl('patch', 'cm', 'p', '--type=merge', '-p', '{"data":{"c":"3"}}');
    await kubectl('patch', 'cm', 'p', '--type=json', '-p', '[{"op":"remove","path":"/data/a"}]');
    await kubectl('label', 'cm', 'p', 'x=y');
    await kubectl('annotate', 'cm', 'p', 'q=r');
    const editing = { env: { ...env(), KUBE_EDITOR: `sed -i 's/"3"/edited/'` } };
    await run(command ?? '', ['--namespace', namespace, 'edit', 'cm', 'p'], editing);
    const object = JSON.parse(await kubectl('get', 'cm', 'p', '-o', 'json')) as ReturnType<typeof configMap>;
    expect(object.data).toEqual({ b: '2', c: 'edited' });
    expect(object.metadata).toMatchObject({ labels: { x: 'y' }, annotations: { q: 'r' } });
    expect(await kubectl('get', 'cm', '-l', 'x=y', '-o', 'name')).toBe('configmap/p');
  });

  it('describes, explains and prints', async () => {
    await kubectl('create', '-f', manifest('pod', pod('shown')));
    expect(await kubectl('describe', 'pod', 'shown')).toMatch(/^Name: +shown/);
    expect(await kubectl('explain', 'pod.spec.containers')).toContain('FIELD: containers');
    expect(await kubectl('explain', 'widget.spec')).toContain('size');
    expect(await kubectl('get', 'pods')).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE\nshown +0\/1 +Pending/);
    await kubectl('create', '-f', manifest('w2', widget('w2', { size: 4 })));
    expect(await kubectl('get', 'wd')).toMatch(/^NAME +SIZE\nw2 +4$/);
    expect(await kubectl('scale', 'widget', 'w2', '--replicas=3')).toBe('widget.example.com/w2 scaled');
  });

  it('watches', async () => {
    const watch = ['--namespace', namespace, 'get', 'cm', '-w', '--field-selector=metadata.name=seen'];
    const child = spawn(command ?? '', watch, { env: env() });
    let text = '';
    child.stdout.on('data', (chunk) => (text += String(chunk)));
    try {
      await kubectl('create', '-f', manifest('seen', configMap('seen', { a: '1' })));
      await eventually(() => /^seen +1/m.test(text));
      await kubectl('patch', 'cm', 'seen', '-p', '{"data":{"b":"2"}}');
      expect(await eventually(() => /^seen +2/m.test(text))).toBe(true);
    } finally {
      child.kill();
    }
  });

  it('waits for conditions and deletions, and empties a namespace', async () => {
    await kubectl('create', '-f', manifest('w3', widget('w3')));
    const on = ['--subresource=status', '--type=merge', '-p', '{"status":{"phase":"On"}}'];
    await kubectl('patch', 'wd', 'w3', ...on);
    await kubectl('wait', '--for=jsonpath={.status.phase}=On', 'wd/w3', '--timeout=40s');
    expect(await kubectl('delete', 'ns', namespace)).toBe(`namespace "${namespace}" deleted`);
    expect(await fails('get', 'wd', 'w3')).toContain('not found');
  });

  it('says what is wrong', async () => {
    expect(await fails('get', 'pod', 'nope')).toBe('Error from server (NotFound): pods "nope" not found');
    const odd = manifest('odd', widget('odd', { size: 1, colour: 'red' }));
    expect(await fails('create', '-f', odd)).toContain('strict decoding error: unknown field "spec.colour"');
    const small = manifest('small', widget('small', { size: 0 }));
    expect(await fails('create', '-f', small)).toBe(
      'The Widget "small" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1',
    );
  });
});
