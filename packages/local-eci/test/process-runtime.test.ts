import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { describe, expect, it } from 'vitest';
import {
  type AppFolder,
  type ContainerStatus,
  type GroupSpec,
  type Instance,
  type Runtime,
  createProcessRuntime,
} from '../src/index.ts';
import { makeApp, makeFolder, serverSource } from './apps.ts';
import { makeHost, makeSpec, readiness } from './runtime-contract.ts';

interface Run extends AsyncDisposable {
  readonly runtime: Runtime;
  readonly instance: Instance;
  readonly host: ReturnType<typeof makeHost>;
  readonly dataDir: string;
  readonly container: () => ContainerStatus;
  readonly close: () => Promise<void>;
  readonly text: (run?: 'current' | 'previous') => string;
}

/** Runs a Node program as a group. */
async function run(
  source: string,
  spec: GroupSpec = makeSpec(),
  images?: (app: AppFolder) => AppFolder | undefined,
  options: { readonly maxContainers?: number } = {},
): Promise<Run> {
  const { app, ...files } = await makeApp(source);
  const data = await makeFolder({});
  const runtime = createProcessRuntime({
    images: () => (images ? images(app) : app),
    imageNames: () => ['hello', 'ws'],
    dataDir: data.path,
    environment: { ...process.env, SECRET_TOKEN: 'hush' },
    clock: systemClock,
    closeGraceMs: 300,
    ...options,
    logger: silentLogger,
  });
  const host = makeHost();
  const instance = runtime.create('eci-1', spec, host);
  return {
    runtime,
    instance,
    host,
    dataDir: data.path,
    container: () => {
      const [first] = instance.state.containers;
      if (!first) throw new Error('no container yet');
      return first;
    },
    text: (which = 'current') =>
      (instance.log('web', which) ?? []).map(({ text }) => `${text.toString('utf8')}\n`).join(''),
    close: () => runtime.close(),
    [Symbol.asyncDispose]: async () => {
      await runtime.close();
      await files[Symbol.asyncDispose]();
      await data[Symbol.asyncDispose]();
    },
  };
}

/** Neither gone nor waiting to be reaped. */
function isAlive(pid: number): boolean {
  try {
    return !execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).startsWith('Z');
  } catch {
    return false;
  }
}

const pidIn = (text: string): number | undefined => {
  const pid = /pid (\d+)/.exec(text)?.[1];
  return pid === undefined ? undefined : Number(pid);
};

describe('a process container', () => {
  it('gives the app its environment, and nothing secret of the shell', async () => {
    const env = [{ key: 'GREETING', value: 'hi' }];
    await using app = await run(
      `console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000)`,
      makeSpec({ env }),
    );
    const line = await eventually(() => /^\{.*\}$/m.exec(app.text())?.[0]);
    const environment = JSON.parse(line) as Record<string, string>;
    expect(environment).toMatchObject({ GREETING: 'hi', PORT: String(app.container().ports[0]) });
    expect(environment).not.toHaveProperty('SECRET_TOKEN');
  });

  it('tells the last words an app left in the file it was told of', async () => {
    const source = `(await import('node:fs')).writeFileSync(process.env.EBB_TERMINATION_LOG, 'disk full'); process.exitCode = 4`;
    const spec = makeSpec({ terminationMessagePath: '/var/run/last-words' }, { restartPolicy: 'Never' });
    await using app = await run(source, spec);
    await eventually(() => app.instance.state.phase === 'Failed');
    expect(app.container().current).toMatchObject({ state: 'Terminated', exitCode: 4, message: 'disk full' });
  });

  it('tells the exit code and the last lines of an app that fails, and starts it again at once', async () => {
    await using app = await run(`console.log('out'); console.error('boom'); process.exitCode = 3`);
    const previous = await eventually(() => app.container().previous);
    expect(previous).toMatchObject({ state: 'Terminated', exitCode: 3, reason: 'Error' });
    expect((previous as { message: string }).message).toContain('boom');
    await eventually(() => app.container().restartCount === 1);
    await eventually(() => app.container().current.state === 'Waiting');
    expect(app.container().current).toMatchObject({
      reason: 'CrashLoopBackOff',
      message: expect.stringContaining('10s'),
    });
    expect(app.instance.state.phase).toBe('Running');
    expect(app.text('previous')).toContain('boom');
  });

  it.each([
    ['Never', 0, 'Succeeded'],
    ['Never', 1, 'Failed'],
    ['OnFailure', 0, 'Succeeded'],
  ] as const)('ends a group with restart policy %s and exit code %d as %s', async (restartPolicy, code, phase) => {
    await using app = await run(`process.exitCode = ${code}`, makeSpec({}, { restartPolicy }));
    await eventually(() => app.instance.state.phase === phase);
    expect(app.container()).toMatchObject({ restartCount: 0, ready: false, current: { exitCode: code } });
  });

  it('tells of death by a signal as a shell does', async () => {
    await using app = await run(`process.kill(process.pid, 'SIGKILL')`, makeSpec({}, { restartPolicy: 'Never' }));
    await eventually(() => app.instance.state.phase === 'Failed');
    expect(app.container().current).toMatchObject({ exitCode: 137, signal: 9 });
  });

  it('lets the app end in its grace period', async () => {
    const source = `process.on('SIGTERM', () => setTimeout(() => { console.log('bye'); process.exit(0); }, 50));
      setInterval(() => {}, 1000); console.log('up');`;
    await using app = await run(source, makeSpec({}, { terminationGracePeriodSeconds: 30 }));
    await eventually(() => app.text().includes('up'));
    await app.instance.stop();
    expect(app.text()).toContain('bye');
    expect(app.container().current).toMatchObject({ state: 'Terminated', exitCode: 0 });
  });

  it('kills an app that ignores SIGTERM, with all it started, when its grace is over', async () => {
    const source = `
      import { spawn } from 'node:child_process';
      process.on('SIGTERM', () => {});
      const code = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)";
      const child = spawn(process.execPath, ['-e', code], { detached: true, stdio: 'ignore' });
      console.log('pid ' + child.pid);
      setInterval(() => {}, 1000);`;
    await using app = await run(source, makeSpec({}, { terminationGracePeriodSeconds: 0 }));
    const pid = await eventually(() => pidIn(app.text()));
    await app.instance.stop();
    expect(app.container().current).toMatchObject({ exitCode: 137 });
    // What was killed is in the system's tables for a moment longer.
    if (process.platform === 'linux') await eventually(() => !isAlive(pid));
  });

  it('waits for no grace any more once it is told by force', async () => {
    const source = `process.on('SIGTERM', () => console.log('told')); setInterval(() => {}, 1000); console.log('up');`;
    await using app = await run(source, makeSpec({}, { terminationGracePeriodSeconds: 3600 }));
    await eventually(() => app.text().includes('up'));
    const stopped = app.instance.stop();
    await eventually(() => app.text().includes('told'));
    await app.instance.stop({ force: true });
    await stopped;
    expect(app.container().current).toMatchObject({ state: 'Terminated', exitCode: 137 });
  });

  it('keeps the whole group alive through the grace of a start command that is a script of several', async () => {
    const source = `process.on('SIGTERM', () => setTimeout(() => { console.log('saved'); process.exit(0); }, 100));
      setInterval(() => {}, 1000); console.log('up');`;
    const spec = makeSpec({}, { terminationGracePeriodSeconds: 30 });
    await using app = await run(source, spec, (each) => ({ ...each, command: 'true && node app.mjs' }));
    await eventually(() => app.text().includes('up'));
    await app.instance.stop();
    expect(app.text()).toContain('saved');
  });

  it('becomes ready only when its probe succeeds, at the port it really has', async () => {
    const source = `import { createServer } from 'node:http';
      setTimeout(() => createServer((q, s) => { s.end(q.headers['user-agent']); }).listen(Number(process.env.PORT), '127.0.0.1'), 200);`;
    await using app = await run(source, makeSpec({ readinessProbe: readiness }));
    await eventually(() => app.container().current.state === 'Running');
    expect(app.container().ready).toBe(false);
    await eventually(() => app.container().ready);
  });

  it('is restarted when its liveness probe fails', async () => {
    const probe = {
      ...readiness,
      action: { kind: 'exec', command: ['/bin/sh', '-c', 'exit 1'] } as const,
      failureThreshold: 1,
    };
    await using app = await run(serverSource, makeSpec({ livenessProbe: probe }));
    await eventually(() => app.container().restartCount > 0);
    expect(app.host.events.map(({ reason }) => reason)).toContain('Unhealthy');
  });

  it('has failed when its liveness probe fails, however well it ends then', async () => {
    const script = `trap 'rm up; exit 0' TERM; touch up; while :; do sleep 0.1; done`;
    const command = ['/bin/sh', '-c', '! test -e up'];
    const livenessProbe = { ...readiness, action: { kind: 'exec', command } as const, failureThreshold: 1 };
    const container = { command: ['/bin/sh', '-c', script], livenessProbe };
    await using app = await run('', makeSpec(container, { restartPolicy: 'OnFailure' }));
    await eventually(() => app.container().restartCount > 0);
    expect(app.container().previous).toMatchObject({ exitCode: 0 });
  });

  it('does what its hooks say: before it counts as running, and before it is told to stop', async () => {
    const exec = (script: string): { action: { kind: 'exec'; command: string[] } } => ({
      action: { kind: 'exec', command: ['sh', '-c', script] },
    });
    await using app = await run(
      `import { existsSync } from 'node:fs';
       const say = setInterval(() => existsSync('started') && console.log('hooked'), 20);
       process.on('SIGTERM', () => { console.log('stopped after', existsSync('stopping')); clearInterval(say); })`,
      makeSpec({ postStart: exec('touch started'), preStop: exec('sleep 0.1; touch stopping') }),
    );
    await eventually(() => app.container().current.state === 'Running' && app.text().includes('hooked'));
    await app.instance.stop();
    expect(app.text()).toContain('stopped after true');
  });

  it('is started again when its hook fails', async () => {
    await using app = await run(
      'setInterval(() => {}, 1000)',
      makeSpec({ postStart: { action: { kind: 'exec', command: ['sh', '-c', 'echo no; exit 3'] } } }),
    );
    await eventually(() => app.container().restartCount > 0);
    const message = 'PostStartHook failed: exit code 3: no';
    expect(app.host.events).toContainEqual({ type: 'Warning', reason: 'FailedPostStartHook', message });
  });

  it('stops within its grace though its hook does not end', async () => {
    await using slow = await run(
      'setInterval(() => {}, 1000)',
      makeSpec(
        { preStop: { action: { kind: 'exec', command: ['sleep', '60'] } } },
        { terminationGracePeriodSeconds: 1 },
      ),
    );
    await eventually(() => slow.container().current.state === 'Running');
    await slow.instance.stop();
    expect(slow.host.events).toContainEqual(expect.objectContaining({ reason: 'FailedPreStopHook' }));
  });

  it('runs init containers in order before the others', async () => {
    const echo = (name: string): GroupSpec['containers'][number] => ({
      ...makeSpec().containers[0]!,
      name,
      command: ['/bin/sh', '-c', `echo ${name} >> "$EBB_MOUNT_1/order"`],
      volumeMounts: [{ name: 'work', mountPath: '/work', readOnly: false }],
    });
    const web = {
      command: ['/bin/sh', '-c', 'cat "$EBB_MOUNT_1/order"; sleep 100'],
      volumeMounts: echo('x').volumeMounts,
    };
    const volumes = [{ name: 'work', type: 'EmptyDirVolume', files: [] }];
    await using app = await run('', makeSpec(web, { initContainers: [echo('one'), echo('two')], volumes }));
    await eventually(() => app.text() === 'one\ntwo\n');
    expect(app.instance.state.initContainers.map(({ current }) => current.state)).toEqual(['Terminated', 'Terminated']);
  });

  it('starts and ends containers in the order they ask for, and sidecars with the last of the others', async () => {
    await using folder = await makeFolder({});
    const order = join(folder.path, 'order');
    const container = (name: string, script: string): GroupSpec['containers'][number] => ({
      ...makeSpec().containers[0]!,
      name,
      ports: [],
      command: ['/bin/sh', '-c', script, name, order],
    });
    const sidecar = (name: string, place: number): GroupSpec['containers'][number] => ({
      ...container(name, `trap 'echo end $0 >> $1; exit 5' TERM; echo $0 >> $1; while :; do sleep 0.2; done`),
      env: [
        { key: 'ECI_CONTAINER_TYPE', value: 'sidecar' },
        { key: 'ECI_CONTAINER_IGNORE_EXIT_CODE', value: 'true' },
        { key: 'ECI_CONTAINER_LAUNCH_PRIORITY', value: String(1000 - place) },
        { key: 'ECI_CONTAINER_EXIT_PRIORITY', value: String(place - 1000) },
      ],
    });
    const started: typeof readiness = {
      ...readiness,
      timeoutSeconds: 10,
      action: { kind: 'exec', command: ['cat', order] },
    };
    const one = { ...sidecar('one', 0), readinessProbe: started };
    const containers = [container('job', 'echo job >> $1'), sidecar('two', 1), one];
    await using app = await run('', makeSpec({}, { containers, restartPolicy: 'Never' }));
    await eventually(() => app.instance.state.phase === 'Succeeded', { timeoutMs: 20_000 });
    expect((await readFile(order, 'utf8')).trim().split('\n')).toEqual(['one', 'two', 'job', 'end two', 'end one']);
    expect(app.instance.state.containers[2]?.current).toMatchObject({
      exitCode: 0,
      reason: 'Completed',
      message: expect.stringContaining('exit code 5'),
    });
  });

  it('runs so many containers at a time, and the next when one ends', async () => {
    const loop = { command: ['/bin/sleep', '1000'] };
    await using app = await run('', makeSpec(loop, { restartPolicy: 'Never' }), undefined, { maxContainers: 1 });
    const host = makeHost();
    await eventually(() => app.container().current.state === 'Running');
    const [second, third] = ['eci-2', 'eci-3'].map((id) => app.runtime.create(id, makeSpec(), host));
    await eventually(() => host.events.length === 2);
    expect(host.events[0]).toMatchObject({
      reason: 'FailedScheduling',
      message: expect.stringContaining('1 at a time'),
    });
    await second?.stop();
    expect(third?.state.phase).toBe('Pending');
    await app.instance.stop();
    await eventually(() => third?.state.phase === 'Running');
  });

  it('shows config files where it says', async () => {
    const files = [{ path: 'sub/greeting', mode: 0o600, content: Buffer.from('hello').toString('base64') }];
    const volumes = [{ name: 'config', type: 'ConfigFileVolume', files }];
    const volumeMounts = [{ name: 'config', mountPath: '/config', readOnly: true }];
    const command = ['/bin/sh', '-c', 'cat "$EBB_MOUNT_1/sub/greeting"; sleep 100'];
    await using app = await run('', makeSpec({ command, volumeMounts }, { volumes }));
    // Without a newline the line is taken in at the end only.
    await app.instance.stop();
    expect(app.text()).toMatch(/^(hello\n)?$/);
  });

  it('waits for an image nothing can run, says what to do, and starts it once it is there', async () => {
    let there = false;
    await using app = await run(serverSource, makeSpec(), (each) => (there ? each : undefined));
    await eventually(() => app.container().current.state === 'Waiting' && app.host.events.length > 0);
    expect(app.container().current).toMatchObject({
      reason: 'ErrImagePull',
      message: expect.stringContaining('this machine runs only folders as dev.local/<name> (found: hello, ws)'),
    });
    expect(app.instance.state.phase).toBe('Pending');
    there = true;
    await eventually(() => app.container().current.state === 'Running');
  });

  it('tells of a command that does not exist', async () => {
    await using app = await run('', makeSpec({ command: ['/no/such/program'] }, { restartPolicy: 'Never' }));
    await eventually(() => app.instance.state.phase === 'Failed');
    expect(app.container().current).toMatchObject({ reason: 'StartError', message: expect.stringContaining('ENOENT') });
  });

  it('runs a command beside the app', async () => {
    await using app = await run(serverSource);
    await eventually(() => app.container().current.state === 'Running');
    const { signal } = new AbortController();
    const { exitCode, output } = await app.instance.exec('web', ['/bin/sh', '-c', 'echo $PORT; exit 4'], { signal });
    expect({ exitCode, output }).toEqual({ exitCode: 4, output: `${app.container().ports[0]}\n` });
  });

  it('ends a group at its deadline', async () => {
    await using app = await run(serverSource, makeSpec({}, { activeDeadlineSeconds: 1 }));
    await eventually(() => app.instance.state.phase === 'Failed');
    expect(app.instance.state.reason).toBe('DeadlineExceeded');
  });

  it('ends a group at its deadline though its init containers have not ended', async () => {
    const { containers, ...spec } = makeSpec({}, { activeDeadlineSeconds: 1 });
    const [web] = containers;
    if (!web) throw new Error('no container');
    const initContainers = [{ ...web, name: 'slow', command: ['sleep', '100'] }];
    await using app = await run(serverSource, { ...spec, containers, initContainers });
    await eventually(() => app.instance.state.phase === 'Failed');
    await eventually(() => app.instance.state.initContainers[0]?.current.state === 'Terminated');
    expect(app.instance.state).toMatchObject({
      reason: 'DeadlineExceeded',
      containers: [{ current: { state: 'Waiting' } }],
    });
  });

  it('ends what an earlier run left behind when it was killed, and nothing else', async () => {
    await using data = await makeFolder({});
    await using app = await makeApp(`console.log('up'); setInterval(() => {}, 1000)`);
    const index = new URL('../src/index.ts', import.meta.url).pathname;
    const script = `
      import { createProcessRuntime } from ${JSON.stringify(index)};
      import { silentLogger, systemClock } from '@ebb/base';
      const runtime = createProcessRuntime({ images: () => (${JSON.stringify(app.app)}), dataDir: ${JSON.stringify(data.path)}, clock: systemClock, logger: silentLogger });
      const instance = runtime.create('eci-1', ${JSON.stringify(makeSpec())}, { changed() {}, event() {}, imageCredentials: () => [] });
      setInterval(() => { if (instance.log('web', 'current')?.length) console.log('running'); }, 20);`;
    const options = {
      cwd: new URL('..', import.meta.url).pathname,
      stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'],
    };
    const child = spawn(
      process.execPath,
      ['--conditions=ebb-source', '--import', 'tsx', '--input-type=module', '-e', script],
      options,
    );
    using _child = { [Symbol.dispose]: () => child.kill('SIGKILL') };
    await once(child.stdout, 'data');
    const [folder = ''] = await readdir(data.path);
    const [line = ''] = (await readFile(join(data.path, folder, 'processes'), 'utf8')).split('\n');
    const pid = Number(line.split(' ')[0]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(pid)).toBe(true);

    const runtime = createProcessRuntime({
      images: () => undefined,
      dataDir: data.path,
      clock: systemClock,
      logger: silentLogger,
    });
    runtime.create('eci-2', makeSpec(), makeHost());
    await eventually(() => !isAlive(pid));
    await runtime.close();
    expect(await readdir(data.path)).toEqual([]);
  });
});

it('does not wait for the grace of a process that stays when all is closed', async () => {
  await using stubborn = await run(
    `process.on('SIGTERM', () => {}); console.log(process.pid); setInterval(() => {}, 1000);`,
    { ...makeSpec(), terminationGracePeriodSeconds: 300 },
  );
  await eventually(() => expect(stubborn.text()).toMatch(/^\d+\n/));
  const pid = Number(stubborn.text());
  await stubborn.close();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
