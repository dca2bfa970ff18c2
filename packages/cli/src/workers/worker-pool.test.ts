import cluster from 'node:cluster';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@ebb/base';
import { FakeClock, eventually } from '@ebb/base/testing';
import { WorkerHub } from '@ebb/gateway-slb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WorkerPool } from './worker-pool.ts';

/**
 * In place of a gateway: is ready, unless there is a file `stuck`. Notes in a file of its name how often it was told to go, and goes when
 * there is a file `done`.
 */
const program = `
import { existsSync, writeFileSync } from 'node:fs';
const [folder, name] = process.argv.slice(2);
let told = 0;
process.on('SIGTERM', () => {
  writeFileSync(folder + '/' + name, String(++told));
  setInterval(() => existsSync(folder + '/done') && process.exit(0), 10);
});
setInterval(() => {}, 1000);
if (existsSync(folder + '/stuck')) writeFileSync(folder + '/is-stuck', '');
else process.send('ready');
`;

const before = { cwd: process.cwd(), execArgv: process.execArgv, exec: process.argv[1] };
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ebb-pool-'));
  const exec = join(folder, 'worker.mjs');
  await writeFile(exec, program);
  cluster.setupPrimary({ exec, execArgv: [], cwd: folder });
});

afterEach(async () => {
  cluster.setupPrimary({ ...before, args: process.argv.slice(2) });
  await rm(folder, { recursive: true, force: true });
});

const write = (name: string): Promise<void> => writeFile(join(folder, name), '');
const remove = (name: string): Promise<void> => rm(join(folder, name), { force: true });

function openPool(clock: FakeClock): WorkerPool {
  return new WorkerPool({
    count: 2,
    name: 'worker',
    argsOf: (name) => [folder, name],
    patienceMs: 1e9,
    output: () => {},
    hub: new WorkerHub(clock),
    clock,
    logger: silentLogger,
  });
}

/** While time goes by. */
const inTime = (clock: FakeClock, isSo: () => boolean | Promise<boolean>, what: string): Promise<unknown> =>
  eventually(
    async () => {
      await clock.advance(100);
      return isSo();
    },
    { timeoutMs: 30_000, what },
  );

it('starts again a worker that has died, that could not be started, and that does not get ready', async () => {
  const clock = new FakeClock();
  await using pool = openPool(clock);
  await using _done = { [Symbol.asyncDispose]: () => write('done') };
  await pool.ready();
  const [first = 0, second] = pool.pids;

  cluster.setupPrimary({ cwd: join(folder, 'nothing') });
  process.kill(first, 'SIGKILL');
  await inTime(clock, () => pool.pids.length === 1, 'a start has failed');
  expect(pool.pids).toEqual([second]);
  cluster.setupPrimary({ cwd: folder });
  await write('stuck');
  await inTime(clock, () => pool.pids.length === 2, 'a start has succeeded');
  const [stuck] = pool.pids;
  await eventually(() => existsSync(join(folder, 'is-stuck')));
  await remove('stuck');
  expect(pool.isReady).toBe(false);

  await clock.advance(300_000);
  await inTime(clock, () => pool.isReady, 'all are ready');
  expect(pool.pids).toHaveLength(2);
  expect(pool.pids).not.toContain(stuck);
});

it('replaces all once more, however often it is asked to meanwhile, and tells each to go once', async () => {
  const clock = new FakeClock();
  await using pool = openPool(clock);
  await using _done = { [Symbol.asyncDispose]: () => write('done') };
  await pool.ready();
  const restarts = [pool.restart(), pool.restart(), pool.restart()];
  const told = (name: string): Promise<string> => readFile(join(folder, name), 'utf8').catch(() => '');
  await eventually(async () => (await told('worker-1')) !== '');
  expect(pool.pids).toHaveLength(3);
  // Whoever closes finds one that goes already.
  const closed = pool[Symbol.asyncDispose]();
  await eventually(async () => (await told('worker-3')) !== '');
  await write('done');
  await Promise.all([closed, ...restarts]);
  expect(await Promise.all(['worker-1', 'worker-2', 'worker-3', 'worker-4'].map(told))).toEqual(['1', '1', '1', '']);
  expect(pool.pids).toEqual([]);
});
