import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Quantiles, quantiles } from './quantiles.ts';

const rounds = 11;
const packages = resolve(import.meta.dirname, '..', '..', 'packages');
const built = (path: string): string => pathToFileURL(resolve(packages, path)).href;

/** What a process loads, by name: nothing, `ebb` as it is compiled and as the build puts it into a few files, and the largest library it uses. */
const loads: readonly { readonly name: string; readonly url: string | undefined }[] = [
  { name: 'node alone', url: undefined },
  { name: '@kubernetes/client-node', url: '@kubernetes/client-node' },
  { name: 'ebb --version, module by module', url: built('cli/dist/program.js') },
  { name: 'ebb --version', url: built('cli/dist/main.js') },
];

interface StartFigures {
  readonly name: string;
  /** Processor time of the process from its start to its end, in milliseconds. */
  readonly cpuMs: Quantiles;
  readonly leastMs: number;
}

/** What starting `ebb` costs as it is built, and as it is compiled: processes in turns. */
export function start(): Promise<readonly StartFigures[]> {
  const measured = loads.map(({ name, url }) => ({ name, url, values: [] as number[] }));
  for (let round = 0; round < rounds; round++) for (const each of measured) each.values.push(cpuOf(each.url));
  const figures = measured.map(({ name, values }) => ({
    name,
    cpuMs: quantiles(values),
    leastMs: Math.min(...values),
  }));
  console.log(`\nprocessor time of a process, ms, ${rounds} rounds in turns`);
  console.table(
    Object.fromEntries(figures.map(({ name, cpuMs, leastMs }) => [name, { least: leastMs, median: cpuMs.p50 }])),
  );
  return Promise.resolve(figures);
}

function cpuOf(url: string | undefined): number {
  const tell = `process.on('exit', () => { const { user, system } = process.cpuUsage(); console.error(Math.round((user + system) / 1000)); });`;
  const script = url === undefined ? tell : `${tell} await import(${JSON.stringify(url)});`;
  const args = ['--input-type=module', '-e', script, '--', 'ebb', '--version'];
  // Where the official client is a dependency.
  const cwd = resolve(packages, 'kube');
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${url ?? 'node'} could not be started: ${stderr}`);
  return Number(stderr.trim());
}
