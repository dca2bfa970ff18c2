// Runs `npm start`, `npm test` and `npm run bench` from whatever state the clone is in: checks Node, installs what the
// lock file asks for, builds, and goes on to the task. Written so that even an old Node can read it and say what it lacks.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const needed = [20, 19];

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return;
  fail(
    `Ebb needs Node ${needed.join('.')} or newer; this is ${process.versions.node}. Install a newer one from https://nodejs.org`,
  );
}

function fail(message, code = 1) {
  process.stderr.write(`ebb: ${message}\n`);
  process.exit(code);
}

/** Runs a command with its output shown; false if it failed. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) fail(`could not run ${command}: ${error.message}`);
  return status === 0;
}

const bin = (name) => join(modules, '.bin', name);

/** `npm ci`, unless what is installed is already what the lock file says. */
function install() {
  const stamp = join(modules, '.ebb-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('▸ installing dependencies (npm ci) …');
  if (!run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'])) fail('npm ci failed; its message is above');
  writeFileSync(stamp, wanted);
}

function build() {
  console.log('▸ building (tsc -b) …');
  if (!run(bin('tsc'), ['-b'])) fail('the build failed; its messages are above');
}

/** Type check of everything, lint, format, dead code: each counts as one test. */
const checks = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.check.json'] },
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--deny-warnings', '--quiet'] },
  { name: 'format', command: 'oxfmt', args: ['--check'] },
  { name: 'dead code', command: 'knip', args: ['--no-progress', '--no-config-hints'] },
  {
    name: 'undeclared dependencies',
    command: 'knip',
    args: ['--no-progress', '--no-config-hints', '--strict', '--production'],
  },
];

/** The names of the checks that fail. */
function failingChecks() {
  const failing = [];
  for (const { name, command, args } of checks) {
    console.log(`▸ checking ${name} …`);
    if (!run(bin(command), args)) failing.push(name);
  }
  return failing;
}

function test(args) {
  // A run of chosen files is for someone at work on them; the checks are for the whole.
  const failedChecks = args.length > 0 ? [] : failingChecks();
  const checked = args.length > 0 ? 0 : checks.length;
  const report = join(modules, '.cache', 'ebb-test.json');
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  console.log('▸ running tests (vitest) …');
  const ok = run(bin('vitest'), [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...args,
  ]);
  const result = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { numPassedTests: 0, numFailedTests: 1 };
  const suites = (result.testResults ?? []).filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  let failed = result.numFailedTests + suites.length + failedChecks.length;
  if (!ok && failed === 0) failed = 1;
  for (const name of failedChecks) console.log(`✗ check failed: ${name}`);
  console.log(`${result.numPassedTests + checked - failedChecks.length} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

const [task, ...args] = process.argv.slice(2);
requireNode();
install();
build();
if (task === 'test') test(args);
else {
  const main = task === 'start' ? 'packages/cli/dist/main.js' : 'bench/dist/main.js';
  const dev = args.some((arg) => !arg.startsWith('-')) ? ['dev', ...args] : ['dev', 'examples', ...args];
  process.argv = [process.argv[0], join(root, main), ...(task === 'start' ? dev : args)];
  await import(new URL(`../${main}`, import.meta.url));
}
