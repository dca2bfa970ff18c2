import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ContainerStatus, type GroupSpec, type Instance, openContainerRuntime } from '../src/index.ts';
import { makeFolder } from './apps.ts';
import { ensureNodeImage, nodeImage } from './engine-image.ts';
import { findTestEngine, testNetwork } from './test-engine.ts';
import { describeRuntime, makeHost, makeSpec, newId, readiness } from './runtime-contract.ts';

const { engine, reason } = await findTestEngine();

/** A server on all addresses: its group has one of its own. */
const server = `
require('node:http').createServer((request, response) => response.end('hello'))
  .listen(8080, () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));`;

const node = (source: string): readonly string[] => [process.execPath, '-e', source];

describe.skipIf(!engine)(`containers${reason && ` (skipped: ${reason})`}`, () => {
  beforeAll(async () => {
    if (engine) await ensureNodeImage(engine);
  });

  describeRuntime('container', async () => {
    const { runtime, ...rest } = await open();
    return { runtime, spec: makeSpec({ image: nodeImage, command: node(server), readinessProbe: readiness }), ...rest };
  });

  it('runs as the image says: its command, user and folder, with its standard input at the end', async () => {
    const command = ['/bin/sh', '-c', 'id -u; pwd; cat; echo done'];
    await using app = await run({ command }, { restartPolicy: 'Never' });
    await eventually(() => app.instance.state.phase === 'Succeeded');
    expect(app.text()).toBe('1234\n/home/app\ndone\n');
    await using plain = await run({}, { restartPolicy: 'Never' });
    await eventually(() => plain.text() === 'from the image\n');
  });

  it('obeys user, group, folder, environment, host name and a read-only root', async () => {
    const command = [
      '/bin/sh',
      '-c',
      'id -u; id -g; pwd; echo $GREETING $IP $HOSTNAME; cat /proc/sys/kernel/hostname; echo x > /file || echo refused',
    ];
    const env = [
      { key: 'GREETING', value: 'hi' },
      { key: 'IP', value: '', fieldPath: 'status.podIP' as const },
    ];
    const security = { runAsUser: 2020, runAsGroup: 3030, readOnlyRootFilesystem: true };
    await using app = await run({ command, env, security, workingDir: '/tmp' }, { restartPolicy: 'Never' });
    await eventually(() => app.instance.state.phase === 'Succeeded');
    const [uid, gid, folder, greeting, hostName, ...rest] = app.text().split('\n');
    expect([uid, gid, folder, greeting]).toEqual(['2020', '3030', '/tmp', `hi ${app.instance.state.ip} default-web`]);
    expect(hostName).toBe('default-web');
    expect(rest.join('\n')).toContain('refused');
  });

  it('refuses to run as root what must not', async () => {
    await using app = await run({ security: { runAsNonRoot: true, runAsUser: 0 } });
    await eventually(() => app.container().current.state === 'Waiting' && app.container());
    await eventually(() => expect(app.container().current).toMatchObject({ reason: 'CreateContainerConfigError' }));
  });

  it('kills a container that takes more memory than it may, and says so', async () => {
    const source = 'const all = []; for (;;) all.push(Buffer.alloc(10_000_000, 1));';
    await using app = await run({ command: node(source), memory: 0.125 }, { restartPolicy: 'Never' });
    await eventually(() => app.instance.state.phase === 'Failed');
    expect(app.container().current).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('limits CPU and memory by the container, and shares CPU by what was requested', async () => {
    const files = ['cpu/cpu.cfs_quota_us', 'cpu/cpu.shares', 'memory/memory.limit_in_bytes', 'cpu.max', 'memory.max'];
    const command = [
      '/bin/sh',
      '-c',
      `for f in ${files.join(' ')}; do cat /sys/fs/cgroup/$f; done 2>/dev/null; exit 0`,
    ];
    const tags = [{ key: 'ebb.dev/cpu-requests', value: '{"web":0.125}' }];
    await using app = await run({ command, cpu: 1, memory: 0.125 }, { restartPolicy: 'Never', tags });
    await eventually(() => app.instance.state.phase === 'Succeeded');
    expect(['100000\n128\n134217728\n', '100000 100000\n134217728\n']).toContain(app.text());
  });

  it('has the containers of a group share one address', async () => {
    const other = {
      ...makeSpec({ image: nodeImage, name: 'other', command: node(server.replaceAll('8080', '8882')), ports: [] })
        .containers[0]!,
    };
    const ask = `setInterval(() => fetch('http://127.0.0.1:8882').then((r) => r.text()).then(console.log, () => {}), 50)`;
    const [web] = makeSpec({ image: nodeImage, command: node(ask) }).containers;
    await using app = await run({}, { containers: [web!, other] });
    await eventually(() => expect(app.text()).toMatch(/^hello\n/));
  });

  it('runs init containers first, and shares volumes between all', async () => {
    const mounts = [
      { name: 'disk', mountPath: '/disk', readOnly: false },
      { name: 'memory', mountPath: '/memory', readOnly: false },
    ];
    const init = makeSpec({
      name: 'init',
      image: nodeImage,
      command: ['/bin/sh', '-c', 'echo one > /disk/file; echo two > /memory/file'],
      volumeMounts: mounts,
    }).containers;
    const volumes = [
      { name: 'disk', type: 'EmptyDirVolume', files: [] },
      { name: 'memory', type: 'EmptyDirVolume', files: [], inMemory: true, sizeBytes: 1024 ** 2 },
    ];
    const command = ['/bin/sh', '-c', 'cat /disk/file /memory/file; cat /proc/mounts'];
    await using app = await run(
      { command, volumeMounts: mounts },
      { initContainers: init, volumes, restartPolicy: 'Never' },
    );
    await eventually(() => app.instance.state.phase === 'Succeeded');
    expect(app.text()).toMatch(/^one\ntwo\n/);
    expect(app.text()).toMatch(/tmpfs \/memory tmpfs \S*size=1024k/);
  });

  it('mounts config files with their modes, one by its path too, and shows new ones', async () => {
    const file = (path: string, text: string, mode = 0o644): GroupSpec['volumes'][number]['files'][number] => ({
      path,
      mode,
      content: Buffer.from(text).toString('base64'),
    });
    const volume = (text: string): GroupSpec['volumes'][number] => ({
      name: 'config',
      type: 'ConfigFileVolume',
      files: [file('greeting', text), file('sub/secret', 's', 0o444)],
    });
    const volumeMounts = [
      { name: 'config', mountPath: '/config', readOnly: true },
      { name: 'config', mountPath: '/one/file', subPath: 'greeting', readOnly: true },
    ];
    const source = `const fs = require('node:fs'); const read = (path) => fs.readFileSync(path, 'utf8');
      console.log((fs.statSync('/config/sub/secret').mode & 0o777).toString(8), read('/one/file'));
      try { fs.writeFileSync('/config/greeting', ''); } catch (error) { console.log(error.code); }
      setInterval(() => console.log(read('/config/greeting')), 50);`;
    await using app = await run({ command: node(source), volumeMounts }, { volumes: [volume('hello')] });
    await eventually(() => expect(app.text()).toMatch(/^444 hello\nEROFS\nhello\n/));
    await app.instance.updateVolumes([volume('good day')]);
    await eventually(() => expect(app.text()).toMatch(/good day\n$/));
  });

  it('tells the last words an app left in its file, and those of its log only if asked', async () => {
    const command = ['/bin/sh', '-c', 'echo boom; exit 5'];
    const words = ['/bin/sh', '-c', 'echo noise; echo disk full > /dev/termination-log; exit 5'];
    await using log = await run({ command }, { restartPolicy: 'Never' });
    await using file = await run({ command: words }, { restartPolicy: 'Never' });
    await using silent = await run({ command, terminationMessagePolicy: 'File' }, { restartPolicy: 'Never' });
    for (const app of [log, file, silent]) await eventually(() => app.instance.state.phase === 'Failed');
    const message = (app: Run): unknown => {
      const { current } = app.container();
      return current.state === 'Terminated' && [current.exitCode, current.message];
    };
    expect([log, file, silent].map(message)).toEqual([
      [5, 'boom\n'],
      [5, 'disk full\n'],
      [5, ''],
    ]);
  });

  it('runs an app that says nothing', async () => {
    await using app = await run({ command: ['/bin/sleep', '100'] });
    await eventually(() => app.container().ready);
    expect(app.text()).toBe('');
  });

  it('lets an app end in its grace, and kills it after that', async () => {
    const kind = `process.on('SIGTERM', () => { console.log('bye'); process.exit(0); }); setInterval(() => {}, 1000); console.log('up')`;
    const rude = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')`;
    for (const [source, exitCode, terminationGracePeriodSeconds] of [
      [kind, 0, 30],
      [rude, 137, 1],
    ] as const) {
      await using app = await run({ command: node(source) }, { terminationGracePeriodSeconds });
      await eventually(() => app.text().includes('up'));
      await app.instance.stop();
      expect(app.container().current).toMatchObject({ state: 'Terminated', exitCode });
    }
  });

  it('runs a command in a container', async () => {
    await using app = await run({ command: node(server), readinessProbe: readiness });
    await eventually(() => app.container().ready);
    const { signal } = new AbortController();
    const command = ['/bin/sh', '-c', 'echo out; echo err >&2; exit 3'];
    const { exitCode, output } = await app.instance.exec('web', command, { signal });
    expect({ exitCode, lines: output.split('\n').toSorted() }).toEqual({ exitCode: 3, lines: ['', 'err', 'out'] });
  });

  it('restarts a container whose liveness fails', async () => {
    const livenessProbe = {
      ...readiness,
      action: { kind: 'exec', command: ['/bin/sh', '-c', 'exit 1'] } as const,
      failureThreshold: 1,
    };
    await using app = await run({ command: node(server), livenessProbe });
    await eventually(() => app.container().restartCount > 0);
    expect(app.container().previous).toMatchObject({ state: 'Terminated' });
  });

  it.each([
    ['dev.local/not-built', 'ErrImagePull', 'was not built on this machine'],
    ['127.0.0.1:1/nothing', 'ErrImagePull', '127.0.0.1:1'],
    ['No/Image', 'InvalidImageName', 'No/Image'],
  ])('waits for image %s', async (image, why, message) => {
    await using app = await run({ image });
    await eventually(() => expect(app.container().current).toMatchObject({ state: 'Waiting', reason: why }));
    expect(app.container().current).toMatchObject({ message: expect.stringContaining(message) });
    expect(app.instance.state.phase).toBe('Pending');
  });

  it('tells of a command that does not exist', async () => {
    await using app = await run({ command: ['/no/such/program'] }, { restartPolicy: 'Never' });
    await eventually(() => app.instance.state.phase === 'Failed');
    expect(app.container().current).toMatchObject({
      reason: 'StartError',
      message: expect.stringContaining('/no/such/program'),
    });
  });

  it('has the files of a container, and keeps the kernel to itself', async () => {
    const source = `const fs = require('node:fs');
      const kinds = ['full', 'null', 'ptmx', 'random', 'tty', 'urandom', 'zero'].map((name) => fs.statSync('/dev/' + name).isCharacterDevice());
      const links = ['fd', 'stdin', 'stdout', 'stderr'].map((name) => fs.readlinkSync('/dev/' + name));
      const refused = ['/proc/sys/kernel/domainname', '/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'].map((path) => { try { fs.writeFileSync(path, '1', { flag: 'r+' }); return 'written'; } catch { return 'refused'; } });
      console.log(JSON.stringify({ kinds, links, refused, console: fs.existsSync('/dev/console'), resolv: fs.statSync('/etc/resolv.conf').mode & 0o444 }));`;
    await using app = await run({ command: node(source), security: { runAsUser: 0 } }, { restartPolicy: 'Never' });
    await eventually(() => app.instance.state.phase === 'Succeeded');
    expect(JSON.parse(app.text())).toEqual({
      kinds: Array.from({ length: 7 }, () => true),
      links: ['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2'],
      refused: ['refused', 'refused', 'refused'],
      console: false,
      resolv: 0o444,
    });
  });
});

interface Run extends AsyncDisposable {
  readonly instance: Instance;
  readonly host: ReturnType<typeof makeHost>;
  readonly container: () => ContainerStatus;
  readonly text: () => string;
}

async function open(): Promise<AsyncDisposable & { runtime: Awaited<ReturnType<typeof openContainerRuntime>> }> {
  if (!engine) throw new Error(reason);
  const data = await makeFolder({});
  const options = {
    network: testNetwork,
    dataDir: data.path,
    closeGraceMs: 300,
    clock: systemClock,
    logger: silentLogger,
  };
  const runtime = await openContainerRuntime({ engine, ...options });
  return {
    runtime,
    [Symbol.asyncDispose]: async () => {
      await runtime.close();
      await data[Symbol.asyncDispose]();
    },
  };
}

/** Runs a group of one container. */
async function run(container: Parameters<typeof makeSpec>[0], group: Partial<GroupSpec> = {}): Promise<Run> {
  const { runtime, ...rest } = await open();
  const host = makeHost();
  const instance = runtime.create(newId(), makeSpec({ image: nodeImage, ...container }, group), host);
  return {
    instance,
    host,
    container: () => {
      const [first] = instance.state.containers;
      if (!first) throw new Error('no container yet');
      return first;
    },
    text: () => (instance.log('web', 'current') ?? []).map(({ text }) => `${text.toString('utf8')}\n`).join(''),
    ...rest,
  };
}
