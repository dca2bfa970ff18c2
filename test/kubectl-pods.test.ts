import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Pod, resources } from '@ebb/api';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { type RemoteKubeClient, createKubeClient } from '@ebb/kube';
import { type Runtime, createProcessRuntime, openContainerRuntime } from '@ebb/local-eci';
import { createTestEci, testAccessKey } from '@ebb/local-eci/testing';
import { createVirtualNodes } from '@ebb/virtual-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage, nodeImage } from '../packages/local-eci/test/engine-image.ts';
import { findTestEngine, testNetwork } from '../packages/local-eci/test/test-engine.ts';
import { type TestApi, namespace, nodesAreAsked, onCluster, openTestApi } from './api.ts';

const nodeName = 'virtual-kubelet-cn-hangzhou-j';

const folders = (process.env['PATH'] ?? '').split(delimiter).flatMap((folder) => {
  const kubectl = join(folder, 'kubectl');
  return existsSync(kubectl) ? [folder, dirname(realpathSync(kubectl))] : [folder];
});
/** The oldest speaks SPDY, the newest WebSocket; what lies between them does one or the other. */
const commands = ['kubectl.1.27', 'kubectl.1.33'].flatMap((name) => {
  const path = folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
  return path === undefined ? [] : [[name, path] as const];
});
if (commands.length === 0)
  process.stderr.write('no kubectl.1.27, kubectl.1.33 on the PATH: their stories are skipped\n');

// Containers are as they are, whatever the API server: they are looked into once.
const { engine, reason } = onCluster ? { engine: undefined, reason: 'on the embedded API' } : await findTestEngine();

/** Says back what it is sent, and how long it was; on its input too. */
const server = `
const http = require('node:http');
http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => response.end(Buffer.concat(parts)));
}).listen(Number(process.env.PORT || 8080), () => console.log('listening'));
process.stdin.on('data', (line) => console.log('heard ' + line));`;

/** Fails once. */
const again = `
const fs = require('node:fs');
const first = !fs.existsSync(process.env.MARK);
fs.writeFileSync(process.env.MARK, '');
console.log(first ? 'the first run' : 'the second run');
if (first) process.exit(1);
for (let i = 1; i <= 5; i++) console.log('line ' + i);
setInterval(() => console.log('tick'), 200);`;

const node = (source: string): string[] => [process.execPath, '-e', source];

interface World extends AsyncDisposable {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly client: RemoteKubeClient;
}

/** An API server, a virtual node, and pods on it: `box` with two containers and `again`, which failed once. */
async function open(image: string, makeRuntime: (folder: string) => Promise<Runtime>): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-kubectl-'));
  const api: TestApi = await openTestApi();
  const client = createKubeClient({ kubeconfig: api.kubeconfig });
  const eci = await createTestEci({ runtime: await makeRuntime(folder) });
  const stop = new AbortController();
  const node_ = createVirtualNodes({
    client,
    eci: { endpoint: eci.endpoint, protocol: 'http', regionId: eci.regionId, ...testAccessKey },
    nodeName,
    zone: 'cn-hangzhou-j',
    kubelet: { host: '127.0.0.1', port: 0, ...api.kubelet },
    clock: systemClock,
    logger: silentLogger,
    random: Math.random,
  });
  const running = node_.run(stop);
  await Promise.race([node_.synced, running]);
  const spec = { nodeName, terminationGracePeriodSeconds: 1, automountServiceAccountToken: false };
  const web = { name: 'web', image, command: node(server), ports: [{ containerPort: 8080 }], stdin: true };
  const side = { name: 'side', image, command: node('console.log("from the side"); setInterval(() => {}, 1000)') };
  const mark = image.startsWith('dev.local/app') ? join(folder, 'mark') : '/mark/mark';
  const failing = { name: 'web', image, command: node(again), env: [{ name: 'MARK', value: mark }] };
  const volume = { volumes: [{ name: 'mark', emptyDir: {} }] };
  const pods: Pod[] = [
    { metadata: { namespace, name: 'box' }, spec: { ...spec, containers: [web, side] } },
    {
      metadata: { namespace, name: 'again' },
      spec: { ...spec, ...volume, containers: [{ ...failing, volumeMounts: [{ name: 'mark', mountPath: '/mark' }] }] },
    },
  ];
  for (const pod of pods) await client.create(resources.pods, { apiVersion: 'v1', kind: 'Pod', ...pod });
  await eventually(
    async () => {
      const { items } = await client.list(resources.pods, { namespace });
      const statuses = items.flatMap(({ status }) => status?.containerStatuses ?? []);
      return (
        statuses.length === 3 &&
        statuses.every(({ state }) => state?.running) &&
        statuses.some(({ restartCount }) => restartCount === 1)
      );
    },
    { what: 'the pods to run', timeoutMs: 100_000 },
  );
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, api.kubeconfig, { mode: 0o600 });
  return {
    folder,
    client,
    env: { ...process.env, KUBECONFIG: kubeconfig, HOME: folder },
    [Symbol.asyncDispose]: async () => {
      stop.abort(new DOMException('stopping', 'AbortError'));
      await running;
      await client[Symbol.asyncDispose]();
      await eci.close();
      await api[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function tell(world: () => World, command: string): void {
  const start = (args: readonly string[], input?: string): ChildProcess => {
    const child = spawn(command, ['--namespace', namespace, ...args], { env: world().env });
    if (input !== undefined) child.stdin?.end(input);
    return child;
  };
  const run = async (args: readonly string[], input = ''): Promise<Outcome> => {
    const child = start(args, input);
    const code = new Promise<number | null>((resolve) => child.once('exit', resolve));
    if (!child.stdout || !child.stderr) throw new Error('no output');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, stdout, stderr };
  };
  /** Starts one that goes on, until a text has come out of it. */
  const until = async (
    args: readonly string[],
    wanted: RegExp,
    onStart?: (child: ChildProcess) => void,
  ): Promise<string> => {
    const child = start(args);
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => (seen += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => (seen += chunk.toString('utf8')));
    try {
      onStart?.(child);
      await eventually(() => wanted.test(seen) || Promise.reject(new Error(seen)), {
        what: `${wanted} of ${args.join(' ')}`,
      });
      return seen;
    } finally {
      child.kill('SIGKILL');
    }
  };

  it('reads logs, from where and of what is asked for, and follows them', async () => {
    const log = async (...args: string[]): Promise<string> => (await run(['logs', ...args])).stdout;
    expect(await log('again', '--previous')).toBe('the first run\n');
    expect((await log('again')).startsWith('the second run\nline 1\n')).toBe(true);
    expect((await log('again', '--tail=2')).split('\n')).toHaveLength(3);
    // Not before its first lines are a second old.
    await eventually(async () => expect(await log('again', '--since=1s')).toMatch(/^(tick\n)+$/));
    expect(await log('again', '--limit-bytes=14')).toBe('the second run');
    expect(await log('box', '-c', 'side', '--timestamps')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z from the side\n$/);
    expect((await log('box', '--all-containers')).split('\n')).toEqual(
      expect.arrayContaining(['listening', 'from the side']),
    );
    const followed = await until(['logs', '-f', '--tail=1', 'again'], /(tick\n){3}/);
    expect(followed).toMatch(/^(tick\n)+$/);
    expect(await run(['logs', 'box', '-c', 'nobody'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/container nobody is not valid for pod box/),
    });
  });

  it('runs commands: input, both outputs, exit codes', async () => {
    const inBox = ['exec', 'box', '-c', 'web'];
    const both = await run([...inBox, '--', '/bin/sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect(both).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\ncommand terminated with exit code 7\n' });
    const big = 'all of it '.repeat(200_000);
    expect(await run(['exec', '-i', ...inBox.slice(1), '--', 'cat'], big)).toEqual({
      code: 0,
      stdout: big,
      stderr: '',
    });
    expect(await run([...inBox, '--', 'no-such-command'])).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/no-such-command/),
    });
    expect((await run(['exec', 'box', '-c', 'nobody', '--', 'ls'])).stderr).toMatch(
      /container nobody is not valid for pod box/,
    );
    expect((await run(['exec', 'nobody', '--', 'ls'])).stderr).toMatch(/pods "nobody" not found/);
  });

  it.skipIf(process.platform !== 'linux')('gives a command a terminal, of the size of its own', async () => {
    // The size is told to the terminal when the command runs already.
    const size =
      'process.stdin.on("data", (line) => { console.log("heard " + line); process.exit(3); }); process.stdout.on("resize", () => {}); setInterval(() => console.log(process.stdin.isTTY + " " + process.stdout.columns + "x" + process.stdout.rows), 100)';
    const remote = [process.execPath, '-e', size].map((word) => `'${word}'`).join(' ');
    const line = `stty cols 91 rows 37; ${command} --namespace ${namespace} exec -it box -c web -- ${remote}`;
    const child = spawn('script', ['-qfec', line, '/dev/null'], { env: { ...world().env, SHELL: '/bin/sh' } });
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString('utf8')));
    const code = new Promise((resolve) => child.once('exit', resolve));
    try {
      await eventually(() => seen.includes('true 91x37') || Promise.reject(new Error(seen)), { what: 'a size' });
      child.stdin.write('hello\n');
      expect(await code).toBe(3);
      expect(seen).toMatch(/heard hello/);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('attaches to a container', async () => {
    const said = await until(['attach', '-i', 'box', '-c', 'web'], /heard .*hello/, (child) => {
      child.stdin?.write('hello\n');
    });
    expect(said).not.toMatch(/[Ee]rror/);
  });

  it('forwards ports: many connections, and a big body', async () => {
    const child = start(['port-forward', 'pod/box', ':8080', '--address=127.0.0.1']);
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => (seen += chunk.toString('utf8')));
    try {
      const [url = ''] = await eventually(() => /(?<=from )127\.0\.0\.1:\d+/.exec(seen) ?? undefined, {
        what: 'a port that is forwarded',
      });
      const post = async (body: string): Promise<string> =>
        (await fetch(`http://${url}`, { method: 'POST', body })).text();
      const bodies = Array.from({ length: 20 }, (_, index) => `body ${index} `.repeat(1000));
      expect(await Promise.all(bodies.map(post))).toEqual(bodies);
      const big = 'b'.repeat(8_000_000);
      expect((await post(big)) === big).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
  });

  // On a cluster that is metrics-server's to tell, which is none of ours; what it reads is read below.
  it.skipIf(onCluster)('shows what pods and nodes use', async () => {
    await eventually(async () => expect((await run(['top', 'pods'])).stdout).toMatch(/^box +\d+m +[1-9]\d*Mi/m));
    expect((await run(['top', 'pods', '--containers'])).stdout).toMatch(/^box +side +\d+m +[1-9]\d*Mi/m);
    expect((await run(['top', 'nodes'])).stdout).toMatch(new RegExp(`^${nodeName} +\\d+m +0% +[1-9]\\d*Mi`, 'm'));
  });
}

const processes = (folder: string): Promise<Runtime> =>
  Promise.resolve(
    createProcessRuntime({
      images: () => ({ name: 'app', folder, command: 'node app.mjs' }),
      dataDir: join(folder, 'run'),
      clock: systemClock,
      logger: silentLogger,
    }),
  );

describe.skipIf(commands.length === 0)('kubectl looks into pods', { concurrent: true }, () => {
  let world: World;
  beforeAll(async () => {
    world = await open('dev.local/app', processes);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  describe.each(commands)('%s', (_name, command) => {
    tell(() => world, command);
  });

  // The embedded API's node knows one token, which its API server has.
  it.skipIf(!onCluster)('shows figures at the node to whom the API server knows and allows', async () => {
    const { status } = await world.client.get(resources.nodes, { name: nodeName });
    const host = status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
    const url = `https://${host}:${status?.daemonEndpoints?.kubeletEndpoint?.Port}/metrics/resource`;
    const ask = async (token: string): Promise<string> => {
      const args = ['-sk', '-w', ' %{http_code}', '-H', `Authorization: Bearer ${token}`, url];
      return new Promise((resolve) => execFile('curl', args, (_error, stdout) => resolve(stdout)));
    };
    const [, kubectl = ''] = commands.at(-1) ?? [];
    const tell = (...args: string[]): Promise<string> =>
      new Promise((resolve, reject) => {
        execFile(kubectl, args, { env: world.env }, (error, stdout) =>
          error ? reject(error) : resolve(stdout.trim()),
        );
      });
    const admin = await tell('config', 'view', '--raw', '-o', 'jsonpath={.users[0].user.token}');
    expect(await ask('guess')).toMatch(/^Unauthorized\n 401$/);
    expect(await ask(await tell('create', 'token', 'default', '--namespace', namespace))).toMatch(
      /^Forbidden \(user=system:serviceaccount:[^]*verb=get, resource=nodes, subresource\(s\)=\[metrics\]\)\n 403$/,
    );
    expect(await ask(admin)).toMatch(/^pod_cpu_usage_seconds_total{namespace="[^"]+",pod="box"} [\d.]+ \d+$/m);
  });

  it.skipIf(!nodesAreAsked)('asks the node through the API server', async () => {
    const [, kubectl = ''] = commands.at(-1) ?? [];
    const ask = (path: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const args = ['get', '--raw', `/api/v1/nodes/${nodeName}/proxy/${path}`];
        execFile(kubectl, args, { env: world.env }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
      });
    expect(await ask('healthz')).toBe('ok');
    expect(await ask('metrics/resource')).toMatch(/^node_cpu_usage_seconds_total [\d.]+ \d+$/m);
    const { pods } = JSON.parse(await ask('stats/summary')) as { pods: { podRef: { name: string } }[] };
    expect(pods.map(({ podRef }) => podRef.name)).toContain('box');
  });
});

describe.skipIf(commands.length === 0 || !engine)(
  `kubectl looks into containers${reason && ` (skipped: ${reason})`}`,
  { concurrent: true },
  () => {
    let world: World;
    beforeAll(async () => {
      if (!engine) throw new Error(reason);
      await ensureNodeImage(engine);
      const shared = { engine, network: testNetwork, clock: systemClock, logger: silentLogger };
      world = await open(nodeImage, (folder) => openContainerRuntime({ ...shared, dataDir: join(folder, 'run') }));
    }, 240_000);
    afterAll(() => world?.[Symbol.asyncDispose]());

    const [, newest = ''] = commands.at(-1) ?? [];
    tell(() => world, newest);
  },
);
