import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@ebb/base/testing';
import { expect, it } from 'vitest';
import { command } from './processes.ts';

const app = `
  process.on('SIGTERM', () => {});
  require('node:fs').writeFileSync('pid', String(process.pid));
  require('node:http').createServer((_, response) => response.end('hi')).listen(process.env.PORT);`;
const manifest = `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: stays }
spec: { template: { spec: { timeoutSeconds: 300, containers: [{ image: dev.local/stays }] } } }`;

interface Dev extends AsyncDisposable {
  readonly child: ReturnType<typeof spawn>;
  readonly output: () => string;
  /** Of the app, which is deaf to SIGTERM. */
  readonly pid: number;
}

/** `ebb dev` as a process of its own, with one app. */
async function startDev(): Promise<Dev> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-dev-'));
  await mkdir(join(folder, 'stays'));
  await writeFile(join(folder, 'stays', 'app.cjs'), app.replace("'pid'", JSON.stringify(join(folder, 'pid'))));
  await writeFile(join(folder, 'stays', 'Procfile'), 'web: exec node app.cjs\n');
  await writeFile(join(folder, 'service.yaml'), manifest);
  const args = [...command, 'dev', folder];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await eventually(() => expect(output).toContain('default/stays ready'), { timeoutMs: 60_000 });
  return {
    child,
    output: () => output,
    pid: Number(await readFile(join(folder, 'pid'), 'utf8')),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true });
    },
  };
}

/** Dead or waiting to be reaped. */
async function isGone(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
}

it.runIf(process.platform === 'linux')(
  'ends at once when Ctrl-C is pressed twice, and leaves no app behind',
  async () => {
    await using dev = await startDev();
    const exited = once(dev.child, 'exit');
    dev.child.kill('SIGINT');
    await eventually(() => expect(dev.output()).toContain('stopping'));
    dev.child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
    await eventually(async () => expect(await isGone(dev.pid)).toBe(true));
  },
);

it('tells where its health and its metrics are', async () => {
  await using dev = await startDev();
  const [, url = ''] = /metrics +(\S+)/.exec(dev.output()) ?? [];
  const metrics = await fetch(url);
  expect([metrics.status, metrics.headers.get('content-type')]).toEqual([
    200,
    expect.stringMatching(/^text\/plain; version=0/),
  ]);
  expect(await metrics.text()).toMatch(/^process_cpu_seconds_total [\d.]+$/m);
  const readiness = await fetch(new URL('/readyz', url));
  expect([readiness.status, await readiness.text()]).toEqual([200, expect.stringContaining('gateway: ok\n')]);
});

it.runIf(process.platform === 'linux')(
  'ends in order, without a stack trace, when nobody reads its output',
  async () => {
    await using dev = await startDev();
    const exited = once(dev.child, 'exit');
    dev.child.stdout?.destroy();
    dev.child.kill('SIGTERM');
    const [code] = (await exited) as [number | null];
    expect(code).not.toBe(null);
    expect(dev.output()).not.toContain('    at ');
    await eventually(async () => expect(await isGone(dev.pid)).toBe(true));
  },
);
