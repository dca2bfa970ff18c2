import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { UserError, messageOf } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { createEngineApi } from '../src/container/engine-api.ts';
import { createEngine, pauseImage } from '../src/container/engine.ts';
import { type EngineAddress, findEngine } from '../src/index.ts';

/** The network of the tests' containers. */
export const testNetwork = 'ebb-test';

/**
 * The engine that tests use, or why there is none: Docker or Podman that listens, else Podman that is started for the occasion and
 * ends by itself. It counts only if a container runs in it, and can be reached from here.
 */
export async function findTestEngine(): Promise<{ readonly engine?: EngineAddress; readonly reason: string }> {
  if (process.platform !== 'linux') return { reason: 'containers are tested on Linux only' };
  try {
    const engine = await findOrStart();
    await tryOut(engine);
    return { engine, reason: '' };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

async function findOrStart(): Promise<EngineAddress> {
  try {
    return findEngine(process.env);
  } catch (error) {
    const podman = (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'podman')));
    if (!podman || process.getuid?.() !== 0 || !(error instanceof UserError)) throw error;
    return startPodman();
  }
}

/** A service of Podman that ends when it has had nothing to do for a while. */
async function startPodman(): Promise<EngineAddress> {
  const cwd = await mkdtemp(join(tmpdir(), 'ebb-test-podman-'));
  const socketPath = join(cwd, 'podman.sock');
  const args = ['system', 'service', '--time=600', `unix://${socketPath}`];
  spawn('podman', args, { cwd, detached: true, stdio: 'ignore' }).unref();
  await eventually(() => existsSync(socketPath), { what: "Podman's socket" });
  return { socketPath };
}

async function tryOut(address: EngineAddress): Promise<void> {
  const engine = createEngine(createEngineApi(address));
  await engine.prepare(testNetwork);
  const config = { Image: pauseImage, Entrypoint: ['/pause'], HostConfig: { NetworkMode: testNetwork } };
  const id = await engine.create(`ebb-test-trial-${process.pid}`, config);
  try {
    await engine.start(id);
    const { address: host } = await engine.inspect(id);
    const answer = await refusal(host);
    if (answer !== 'ECONNREFUSED') throw new Error(`containers cannot be reached at their addresses (${answer})`);
  } finally {
    await engine.remove(id);
  }
}

/** How a connection to a port that nobody listens on fails. */
function refusal(host: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 1, timeout: 2000 });
    const end = (answer: string): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end('something else answers there'));
    socket.once('timeout', () => end('no answer'));
    socket.once('error', (error) => end('code' in error ? String(error.code) : error.message));
  });
}
