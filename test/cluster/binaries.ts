import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { withLock } from './lock.ts';

/** The programs a cluster is made of, by what `go build` calls them. etcd's folder is named `server`. */
const programs = {
  etcd: { target: 'go.etcd.io/etcd/server/v3', file: 'server' },
  apiServer: { target: 'k8s.io/kubernetes/cmd/kube-apiserver', file: 'kube-apiserver' },
  controllerManager: { target: 'k8s.io/kubernetes/cmd/kube-controller-manager', file: 'kube-controller-manager' },
  /** Started by those stories alone that want one. */
  scheduler: { target: 'k8s.io/kubernetes/cmd/kube-scheduler', file: 'kube-scheduler' },
} as const;

/** Paths of the built programs. */
export type Binaries = Readonly<Record<keyof typeof programs, string>>;

/** This machine cannot build them; the message says why and what to do. Nothing is wrong with Ebb. */
export class CannotBuild extends Error {
  override readonly name = 'CannotBuild';
}

const module = import.meta.dirname;
/** Go says one of these when its module proxy cannot be reached. */
const unreachable =
  /dial tcp|no such host|connection refused|i\/o timeout|TLS handshake|network is unreachable|proxyconnect|deadline exceeded|module lookup disabled/;

/**
 * kube-apiserver, kube-controller-manager, kube-scheduler and etcd as `go.mod` pins them: built on first use, then kept in
 * `$XDG_CACHE_HOME/ebb/cluster/<hash of the pin>` (default `~/.cache`). Two callers at once build one time.
 * `say` is told what goes on, in lines for a person. Throws `CannotBuild`.
 */
export async function ensureBinaries(say: (line: string) => void): Promise<Binaries> {
  const pin = await readPin();
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ebb', 'cluster');
  const folder = join(cache, pin.hash);
  const binaries = Object.fromEntries(
    Object.entries(programs).map(([name, { file }]) => [name, join(folder, file)]),
  ) as Binaries;
  if (await exists(folder)) return binaries;
  await mkdir(cache, { recursive: true });
  await withLock(join(cache, `${pin.hash}.lock`), say, async () => {
    if (!(await exists(folder))) await build(pin, folder, say);
  });
  return binaries;
}

interface Pin {
  /** Of everything the binaries follow from. */
  readonly hash: string;
  /** Of Kubernetes, such as `v1.33.13`. */
  readonly version: string;
  readonly flags: readonly string[];
}

async function readPin(): Promise<Pin> {
  const goMod = await readFile(join(module, 'go.mod'), 'utf8');
  const goSum = await readFile(join(module, 'go.sum'), 'utf8');
  const [, version = '', major, minor] = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/.exec(goMod) ?? [];
  const stamp = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' };
  const variables = Object.entries(stamp).map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`);
  const flags = ['-trimpath', '-ldflags', ['-s -w', ...variables].join(' ')];
  const hash = createHash('sha256')
    .update([process.platform, process.arch, ...flags, goMod, goSum, JSON.stringify(programs)].join('\n'))
    .digest('hex');
  return { hash: hash.slice(0, 16), version, flags };
}

/** Builds into a folder beside, and moves that into place once it is whole. */
async function build({ version, flags }: Pin, folder: string, say: (line: string) => void): Promise<void> {
  const targets = Object.values(programs).map(({ target }) => target);
  say("fetching the sources of Kubernetes and etcd through Go's module proxy");
  const packages = await listPackages(targets);
  say(`building kube-apiserver ${version}, kube-controller-manager, kube-scheduler and etcd into ${folder}`);
  say('once, until test/cluster/go.mod changes; about 10 minutes on two cores where Go has never compiled them');
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  let compiled = 0;
  const go = start(['build', '-v', ...flags, '-o', `${unfinished}/`, ...targets]);
  const errors: string[] = [];
  createInterface({ input: go.stderr! }).on('line', (line) => {
    if (/^[\w./-]+$/.test(line)) compiled += 1;
    else errors.push(line);
  });
  const progress = setInterval(() => say(`compiled ${compiled} of at most ${packages} packages`), 30_000);
  try {
    if ((await finished(go)) !== 0) throw new Error(`go build failed:\n${errors.slice(-20).join('\n')}`);
  } finally {
    clearInterval(progress);
  }
  await rename(unfinished, folder);
  say('built');
}

/** Fetches the modules' sources and counts the packages to compile. */
async function listPackages(targets: readonly string[]): Promise<number> {
  const go = start(['list', '-deps', ...targets]);
  let lines = 0;
  let errors = '';
  createInterface({ input: go.stdout! }).on('line', () => (lines += 1));
  go.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await finished(go);
  if (code === 0) return lines;
  const last = errors.trim().split('\n').at(-1);
  if (unreachable.test(errors)) throw new CannotBuild(`Go's module proxy cannot be reached: ${last}`);
  if (/requires go >=/.test(errors)) throw new CannotBuild(`the Go on the PATH is too old: ${last}`);
  throw new Error(`go list failed: ${last}`);
}

function start(args: readonly string[]): ChildProcess {
  return spawn('go', args, { cwd: module, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function finished(go: ChildProcess): Promise<number> {
  try {
    const [code] = (await once(go, 'close')) as [number];
    return code;
  } catch (cause) {
    throw new CannotBuild('go is not on the PATH; install it from https://go.dev/dl, or set KUBECONFIG', { cause });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
