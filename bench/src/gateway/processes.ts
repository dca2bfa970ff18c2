import { type ChildProcess, execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { ProfileOrder, ProxyOrder, ProxyPorts } from './orders.ts';

/** A process that the benchmark started, and stops. */
export interface Started extends AsyncDisposable {
  readonly pid: number;
}

/** One that listens. */
export interface Listening extends Started {
  readonly port: number;
  /** Where it speaks TLS, if it does. */
  readonly tlsPort: number | undefined;
}

function hold(child: ChildProcess): Started {
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? -1,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (child.connected) child.disconnect();
      else child.kill('SIGTERM');
      const impatient = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(impatient);
    },
  };
}

/** Starts a program that says nothing when all is well; what it says otherwise is shown. */
export function start(command: string, args: readonly string[]): Started {
  return hold(spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
}

/** A proxy written in Node. */
export interface NodeProxy extends Listening {
  /** Has it profile itself from now until it ends; it then writes this file. */
  readonly profile: (file: string) => Promise<void>;
}

/** Starts one of the proxies written in Node, in a process of its own. */
export async function startNodeProxy(order: ProxyOrder): Promise<NodeProxy> {
  const extension = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
  const program = new URL(`./proxy-process.${extension}`, import.meta.url);
  const child = fork(program);
  child.send(order);
  const failed = once(child, 'exit').then(() => {
    throw new Error(`the proxy ${order.kind} ended before it listened; its message is above`);
  });
  const [ports] = (await Promise.race([once(child, 'message'), failed])) as [ProxyPorts];
  failed.catch(() => {}); // from now on its end is `hold`'s affair
  const profile = async (file: string): Promise<void> => {
    child.send({ profile: file } satisfies ProfileOrder);
    await once(child, 'message');
  };
  return { tlsPort: undefined, ...ports, profile, ...hold(child) };
}

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Processor time that a process and its children have used, user and system, in milliseconds, to the kernel's tick of 10. */
export function cpuMs(pid: number): number {
  return processTree(pid).reduce((sum, each) => sum + ownTicks(each) * 10, 0);
}

/** Resident memory of a process and its children, in bytes. */
export function residentBytes(pid: number): number {
  return processTree(pid).reduce((sum, each) => {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1];
    return sum + Number(kib ?? 0) * 1024;
  }, 0);
}

function processTree(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(processTree)];
}

function ownTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const scheduler = 'chrt';

/**
 * Has this process and all it has started go before all others at the processor until disposed of, so that what is measured is not how
 * long they wait for those. Needs `chrt` and the right to do so.
 */
export function atOnce(): Disposable {
  const schedule = (...policy: readonly string[]): void => {
    for (const pid of processTree(process.pid)) {
      const { status, error } = spawnSync(scheduler, ['--all-tasks', ...policy, String(pid)], { stdio: 'ignore' });
      if (status !== 0)
        throw new Error(`bench: ${scheduler} failed: --realtime needs it, and root's rights`, { cause: error });
    }
  };
  schedule('--fifo', '--pid', '10');
  return { [Symbol.dispose]: () => schedule('--other', '--pid', '0') };
}

/** Of these programs, those the machine does not have. */
export function missingPrograms(names: readonly string[]): readonly string[] {
  return names.filter((name) => {
    try {
      execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
      return false;
    } catch {
      return true;
    }
  });
}
