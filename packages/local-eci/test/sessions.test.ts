import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { silentLogger, systemClock } from '@ebb/base';
import { Channels, channel, parseStatus } from '@ebb/base/channels';
import { eventually } from '@ebb/base/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Instance,
  type LocalEci,
  type Runtime,
  createProcessRuntime,
  openContainerRuntime,
} from '../src/index.ts';
import type { ContainerSpec } from '../src/model.ts';
import type { Session } from '../src/runtime.ts';
import { createTestEci } from '../src/testing.ts';
import { makeApp, makeFolder } from './apps.ts';
import { ensureNodeImage, nodeImage } from './engine-image.ts';
import { makeHost, makeSpec, newId } from './runtime-contract.ts';
import { callAcs3 } from './signed-call.ts';
import { findTestEngine, testNetwork } from './test-engine.ts';

const { engine, reason } = await findTestEngine();
const notLinux = process.platform !== 'linux';

interface Running extends AsyncDisposable {
  readonly instance: Instance;
}

/** A program that repeats what it is told. */
const echo = [
  process.execPath,
  '-e',
  `console.log('up'); process.stdin.on('data', (line) => console.log('heard ' + line)); setInterval(() => {}, 1000);`,
];

async function start(runtime: Runtime, container: Partial<ContainerSpec>): Promise<Instance> {
  const spec = makeSpec({ command: echo, ...container });
  const instance = runtime.create(newId(), spec, makeHost());
  await eventually(() => instance.log('web', 'current')?.some((line) => line.text.includes('up')), {
    timeoutMs: 20_000,
  });
  return instance;
}

/** All that came out of it, and its exit code. */
async function outcome({ stdout, stderr, exited }: Session): Promise<readonly [string, string, number]> {
  return Promise.all([text(stdout), stderr ? text(stderr) : '', exited]);
}

/** Reads until a text has come. */
async function until(stream: Readable, wanted: RegExp): Promise<string> {
  let seen = '';
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    seen += String(chunk);
    if (wanted.test(seen)) return seen;
  }
  throw new Error(`it ended without ${wanted}: ${seen}`);
}

const sh = (script: string): readonly string[] => ['/bin/sh', '-c', script];

/** What every runtime that runs anything promises of sessions. */
function describeSessions(name: string, make: (container: Partial<ContainerSpec>) => Promise<Running>): void {
  describe(`a session in the ${name} runtime`, () => {
    let running: Running;
    let instance: Instance;
    beforeAll(async () => {
      running = await make({ stdin: true });
      ({ instance } = running);
    });
    afterAll(() => running[Symbol.asyncDispose]());

    it('runs commands with their streams apart, and gives their exit codes', async () => {
      const plain = { stdin: false, tty: false };
      const command = sh('echo out; echo err >&2; exit 7');
      expect(await outcome(await instance.open('web', { command, ...plain }))).toEqual(['out\n', 'err\n', 7]);
      const copying = await instance.open('web', { command: ['cat'], stdin: true, tty: false });
      const big = 'x'.repeat(1_000_000);
      copying.stdin?.end(big);
      const [copied, , code] = await outcome(copying);
      expect([copied.length, code]).toEqual([big.length, 0]);
      // An engine finds out when it runs it, a spawn before that.
      const missing = instance.open('web', { command: ['no-such-command'], ...plain }).then(
        async (session) => (await outcome(session))[2],
        (error: unknown) => (String(error).includes('not found') ? 127 : 0),
      );
      expect([126, 127]).toContain(await missing);
    });

    // Terminals, and what processes use, are to be had on Linux only.
    it.skipIf(notLinux)('runs a command in a terminal of the size it is told', async () => {
      const source = `
        const size = () => console.log(process.stdout.columns + 'x' + process.stdout.rows);
        process.stdout.on('resize', size);
        process.stdin.on('data', (line) => { console.log('got ' + line); process.exit(3); });
        console.log(process.stdin.isTTY ? 'terminal' : 'none');`;
      const command = [process.execPath, '-e', source];
      const session = await instance.open('web', { command, stdin: true, tty: true });
      expect(session.stderr).toBeUndefined();
      await until(session.stdout, /terminal/);
      await session.resize({ width: 91, height: 37 });
      await until(session.stdout, /91x37\r\n/);
      session.stdin?.write('hello\n');
      await until(session.stdout, /got hello/);
      session.stdout.resume();
      expect(await session.exited).toBe(3);
    });

    it('attaches to what the container says and, where it asked for that, to what it hears', async () => {
      const [first, second] = await Promise.all([
        instance.open('web', { stdin: true, tty: false }),
        instance.open('web', { stdin: false, tty: false }),
      ]);
      first.stdin?.write('one\n');
      expect(await until(first.stdout, /heard/)).toMatch(/heard one/);
      expect(await until(second.stdout, /heard/)).toMatch(/heard one/);
      first.close();
      expect(instance.state.containers[0]?.current.state).toBe('Running');
    });

    it.skipIf(notLinux)('attaches to the terminal of a container that has one', async () => {
      await using other = await make({ stdin: true, tty: true });
      const session = await other.instance.open('web', { stdin: true, tty: false });
      session.stdin?.write('hello\n');
      await until(session.stdout, /heard hello/);
      expect(session.stderr).toBeUndefined();
      expect(other.instance.log('web', 'current')?.map(({ text: line }) => line.toString())).toContain('up');
      session.close();
    });

    it.skipIf(notLinux)('tells what a container uses', async () => {
      const [usage] = await instance.usage();
      expect(usage).toMatchObject({ name: 'web' });
      expect(usage?.cpuNanoseconds).toBeGreaterThan(1e6);
      expect(usage?.memoryBytes).toBeGreaterThan(5e6);
    });
  });
}

describeSessions('process', async (container) => {
  const { app, ...files } = await makeApp('');
  const data = await makeFolder({});
  const runtime = createProcessRuntime({
    images: () => app,
    dataDir: data.path,
    closeGraceMs: 300,
    clock: systemClock,
    logger: silentLogger,
  });
  return {
    instance: await start(runtime, container),
    [Symbol.asyncDispose]: async () => {
      await runtime.close();
      await files[Symbol.asyncDispose]();
      await data[Symbol.asyncDispose]();
    },
  };
});

describe.skipIf(!engine)(`with containers${reason && ` (skipped: ${reason})`}`, () => {
  beforeAll(async () => {
    if (engine) await ensureNodeImage(engine);
  });

  describeSessions('container', async (container) => {
    if (!engine) throw new Error(reason);
    const data = await makeFolder({});
    const runtime = await openContainerRuntime({
      engine,
      network: testNetwork,
      dataDir: data.path,
      closeGraceMs: 300,
      clock: systemClock,
      logger: silentLogger,
    });
    return {
      instance: await start(runtime, { image: nodeImage, ...container }),
      [Symbol.asyncDispose]: async () => {
        await runtime.close();
        await data[Symbol.asyncDispose]();
      },
    };
  });
});

describe('ExecContainerCommand', () => {
  let app: Awaited<ReturnType<typeof makeApp>>;
  let eci: LocalEci;
  let group: Record<string, string>;
  beforeAll(async () => {
    app = await makeApp('console.log("up"); setInterval(() => {}, 1000);');
    eci = await createTestEci({ apps: new Map([['web', app.app]]) });
    const { ContainerGroupId } = await call('CreateContainerGroup', {
      ContainerGroupName: 'default-web',
      'Container.1.Name': 'web',
      'Container.1.Image': 'dev.local/web',
    });
    group = { ContainerGroupId: String(ContainerGroupId), ContainerName: 'web' };
    await eventually(async () => (await exec(['true'])).startsWith('ws://'));
  });
  afterAll(async () => {
    await eci[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
  });

  const call = async (action: string, parameters: Record<string, string>): Promise<Record<string, unknown>> => {
    const all = { RegionId: 'cn-hangzhou', ...parameters };
    return (await callAcs3({ endpoint: eci.endpoint, action, parameters: all })).body;
  };
  const exec = async (command: readonly string[]): Promise<string> =>
    String((await call('ExecContainerCommand', { ...group, Command: JSON.stringify(command) }))['WebSocketUri']);

  it('gives the address of a WebSocket, good for one who joins', async () => {
    const uri = await exec(sh('read a; echo $a; exit 4'));
    const socket = new WebSocket(uri, ['v5.channel.k8s.io']);
    await new Promise((resolve) => socket.once('open', resolve));
    const channels = new Channels(socket, 'client');
    const [out, status] = [text(channels.readable(channel.stdout)), text(channels.readable(channel.error))];
    channels.writable(channel.stdin).end('hello\n');
    expect(await out).toBe('hello\n');
    expect(parseStatus(await status)).toMatchObject({
      reason: 'NonZeroExitCode',
      details: { causes: [{ message: '4' }] },
    });
    const again = new WebSocket(uri);
    expect(String(await new Promise((resolve) => again.once('error', resolve)))).toMatch(/404/);
  });

  it('takes any messages, however senseless', async () => {
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc
        .tuple(fc.constantFrom(0, 1, 3, 4, 255), fc.string())
        .map(([number, words]) => Buffer.from([number, ...Buffer.from(words)])),
      fc.constantFrom(
        Buffer.from([255, 0]),
        Buffer.from([255, 4]),
        Buffer.from('\0x'),
        Buffer.from([4, 123, 125]),
        'text',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 20 }), async (messages) => {
        const socket = new WebSocket(await exec(['cat']), ['v5.channel.k8s.io']);
        await new Promise((resolve) => socket.once('open', resolve));
        const closed = new Promise((resolve) => socket.once('close', resolve));
        for (const each of [...messages, Buffer.from([255, 0])]) socket.send(each);
        expect(await closed).toBe(1000);
      }),
      { numRuns: 20 },
    );
  });
});
