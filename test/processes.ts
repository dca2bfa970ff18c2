import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '@ebb/base/testing';

/** `ebb run` as a process of its own. */
export interface RunProcess extends AsyncDisposable {
  readonly name: string;
  readonly child: ChildProcess;
  /** All it has printed so far. */
  readonly output: () => string;
  /** The port of its gateway, as printed. */
  readonly port: number;
  readonly healthPort: number;
  /** Resolves with its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
}

/** Processes of `ebb run` on one cluster; those still alive are killed at the end. */
export interface Processes extends AsyncDisposable {
  /** Starts one on free ports; resolves when it says that it is ready. */
  start(name: string, ...args: readonly string[]): Promise<RunProcess>;
}

const source = [
  '--conditions=ebb-source',
  '--import',
  resolve('node_modules/tsx/dist/loader.mjs'),
  resolve('packages/cli/src/main.ts'),
];
/** How Node runs `ebb`: from source, unless whoever runs the tests has built it and says so: that starts in half the time. */
export const command: readonly string[] = process.env['EBB_BUILT'] ? [resolve('packages/cli/dist/main.js')] : source;
const ports = ['--port', '--private-port', '--health-port', '--stats-port', '--webhook-port', '--kubelet-port'];

/** @param env What they find in their environment beside ours. */
export async function openProcesses(kubeconfig: string, env: Record<string, string> = {}): Promise<Processes> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-run-'));
  const file = join(folder, 'kubeconfig');
  await writeFile(file, kubeconfig, { mode: 0o600 });
  const children = new Set<ChildProcess>();
  return {
    start: async (name, ...args) => {
      const free = ports.flatMap((port) => [port, '0']);
      const all = [...command, 'run', '--kubeconfig', file, '--name', name, '--log-level', 'warn', ...free, ...args];
      const child = spawn(process.execPath, all, {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...env },
      });
      children.add(child);
      const exited = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      }
      const ready = eventually(
        () => /ebb run: ready/.test(output) || Promise.reject(new Error(`it printed: ${output}`)),
        { what: `${name} ready`, timeoutMs: 200_000 },
      );
      const ended = exited.then((code) => {
        throw new Error(`${name} ended with ${code} before it was ready; it printed: ${output}`);
      });
      await Promise.race([ready, ended]);
      return {
        name,
        child,
        exited,
        output: () => output,
        port: Number(/gateway on \S+:(\d+)/.exec(output)?.[1]),
        healthPort: Number(/health on \S+:(\d+)/.exec(output)?.[1]),
        [Symbol.asyncDispose]: async () => {
          child.kill('SIGKILL');
          await exited;
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of children) child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
