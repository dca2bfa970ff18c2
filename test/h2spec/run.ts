import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { revisionSplit } from '@ebb/api';
import { openGateway, openHttpBackend } from '../../packages/gateway-slb/test/harness.ts';
import { withLock } from '../cluster/lock.ts';

const run = promisify(execFile);
const module = import.meta.dirname;
const say = (line: string): void => void process.stdout.write(`▸ ${line}\n`);

/** Cases of h2spec that are not met, and why. */
const known: ReadonlyMap<string, string> = new Map([
  [
    'http2/3.5: Sends invalid connection preface',
    'the port speaks HTTP/1.1 too, and answers with its 400 before it closes',
  ],
]);

/** h2spec as `go.mod` pins it: built once, into `$XDG_CACHE_HOME/ebb/h2spec/<hash of the pin>` (default `~/.cache`). */
async function build(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(await readFile(join(module, file)));
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ebb', 'h2spec');
  const program = join(cache, hash.digest('hex').slice(0, 16));
  await mkdir(cache, { recursive: true });
  await withLock(`${program}.lock`, say, async () => {
    const isThere = await access(program).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    say('building h2spec');
    const target = 'github.com/summerwind/h2spec/cmd/h2spec';
    await run('go', ['build', '-trimpath', '-o', `${program}.unfinished`, target], { cwd: module });
    await rename(`${program}.unfinished`, program);
  });
  return program;
}

interface Verdicts {
  readonly passed: number;
  /** `section: description` of each. */
  readonly failed: readonly string[];
}

/** What h2spec says of a port. */
async function judge(program: string, port: number): Promise<Verdicts> {
  const folder = await mkdtemp(join(tmpdir(), 'ebb-h2spec-'));
  try {
    const report = join(folder, 'report.xml');
    const child = spawn(program, ['-h', '127.0.0.1', '-p', String(port), '-o', '3', '-j', report], { stdio: 'ignore' });
    await once(child, 'exit');
    return readReport(await readFile(report, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function readReport(xml: string): Verdicts {
  const cases = [...xml.matchAll(/<testcase package="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>([^]*?)<\/testcase>)/g)];
  const failed = cases.filter(([, , , inner = '']) => /<(failure|error)/.test(inner));
  return {
    passed: cases.length - failed.length,
    failed: failed.map(([, section, text = '']) => `${section}: ${text.replaceAll('&#34;', '"')}`),
  };
}

let program: string;
try {
  program = await build();
} catch (error) {
  say(
    `h2spec is skipped: it cannot be built (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`,
  );
  process.stdout.write('0 passed, 0 failed, 145 skipped\n');
  process.exit(0);
}
await using backend = await openHttpBackend((request, response) => {
  request.resume().once('end', () => response.end('hello world'));
});
const splits = [revisionSplit({ namespace: 'default', name: 'hello-00001' }, 100)];
const rules = [{ hosts: ['127.0.0.1'], http: { paths: [{ splits }] } }];
await using gateway = await openGateway({ backends: [backend], rules });
say('asking h2spec about the gateway, in the clear');
const { passed, failed } = await judge(program, gateway.port);
for (const name of failed)
  say(`${known.has(name) ? 'known' : '✗'}: ${name}${known.has(name) ? ` (${known.get(name)})` : ''}`);
const unknown = failed.filter((name) => !known.has(name));
process.stdout.write(`${passed} passed, ${unknown.length} failed, ${failed.length - unknown.length} skipped\n`);
process.exitCode = unknown.length === 0 && passed > 0 ? 0 : 1;
