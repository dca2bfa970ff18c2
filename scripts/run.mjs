// Runs `npm start`, `npm test`, `npm run test:cluster`, `npm run test:knative`, `npm run test:h2spec` and `npm run bench` from whatever state the clone is in: checks Node, installs what the
// lock file asks for, builds, and goes on to the task. Written so that even an old Node can read it and say what it lacks.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

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

/** Runs a command with its output shown; its exit status. */
function statusOf(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, ...env },
  });
  if (error) fail(`could not run ${command}: ${error.message}`);
  return status;
}

/** Runs a command with its output shown; false if it failed. */
const run = (command, args, env) => statusOf(command, args, env) === 0;

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
  if (!run(bin('tsc'), ['-b']) || !run(process.execPath, [join('scripts', 'bundle.mjs')])) {
    fail('the build failed; its messages are above');
  }
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

/** Runs vitest, by `command` if given; how many tests passed, and the names of those that failed. A file that cannot be loaded counts as one. */
function vitest(args, env, [command, ...words] = [bin('vitest')]) {
  const report = join(modules, '.cache', 'ebb-test.json');
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const all = [...words, 'run', '--reporter=json', `--outputFile.json=${report}`, ...args];
  const ok = run(command, all, { ...env, EBB_BUILT: '1' });
  const { numPassedTests: passed, testResults } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { numPassedTests: 0, testResults: [] };
  const failed = testResults.flatMap(({ name, status, assertionResults }) => {
    const path = relative(root, name);
    const tests = assertionResults
      .filter((each) => each.status === 'failed')
      .map((each) => `${path} › ${each.fullName}`);
    return tests.length === 0 && status === 'failed' ? [path] : tests;
  });
  return { passed, failed: ok || failed.length > 0 ? failed : ['vitest itself: its message is above'] };
}

function test(args) {
  // A run of chosen files is for someone at work on them; the checks are for the whole.
  const failedChecks = args.length > 0 ? [] : failingChecks();
  const checked = args.length > 0 ? 0 : checks.length;
  console.log('▸ running tests (vitest) …');
  const { passed, failed } = vitest(['--reporter=default', ...args]);
  conclude({
    passed: passed + checked - failedChecks.length,
    failed: [...failed, ...failedChecks.map((name) => `check of ${name}`)],
  });
}

/** Runs a program that is not built, such as those of tests. */
function statusOfSource(path, args = []) {
  const loader = pathToFileURL(join(modules, 'tsx', 'dist', 'loader.mjs')).href;
  return statusOf(process.execPath, ['--conditions=ebb-source', '--import', loader, join(root, path), ...args]);
}

/** What `test/cluster/build.ts` ends with where this machine cannot build a cluster. */
const cannotBuild = 3;

/**
 * What gives a command a network of its own, with loopback only, and there an address for nodes: kube-apiserver passes no
 * requests on to nodes at 127.0.0.1. Nothing where that cannot be had: it takes Linux and root.
 */
function inOwnNetwork() {
  const node = '198.18.0.1';
  const script = `ip link set lo up && ip address add ${node}/32 dev lo && EBB_TEST_NODE_ADDRESS=${node} exec "$@"`;
  const words = ['unshare', '--net', 'sh', '-c', script, 'sh'];
  const { status } = spawnSync(words[0], [...words.slice(1), 'true'], { stdio: 'ignore' });
  return status === 0 ? words : [];
}

/** The stories of `test/` on a real kube-apiserver: that of `$KUBECONFIG`, or one built and started for them. */
function testOnCluster(args) {
  if (!process.env.KUBECONFIG) {
    const status = statusOfSource(join('test', 'cluster', 'build.ts'));
    if (status === cannotBuild) return skip(args);
    if (status !== 0) fail('kube-apiserver and etcd could not be built; the message is above');
  }
  console.log('▸ telling the stories to a real kube-apiserver (vitest) …');
  const network = process.env.KUBECONFIG ? [] : inOwnNetwork();
  conclude(vitest(['--reporter=verbose', ...args], { EBB_TEST_API: 'cluster' }, [...network, bin('vitest')]));
}

/** Counts what would have run. */
function skip(args) {
  const { stdout } = spawnSync(bin('vitest'), ['list', '--json', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
    env: { ...process.env, EBB_TEST_API: 'embedded' },
  });
  const stories = JSON.parse(stdout.slice(stdout.indexOf('[')));
  console.log(`0 passed, 0 failed, ${stories.length} skipped`);
}

/** Ends with what failed and the count: the last lines are what people, and records of CI, keep. */
function conclude({ passed, failed }) {
  for (const name of failed) console.log(`✗ failed: ${name}`);
  console.log(`${passed} passed, ${failed.length} failed`);
  process.exit(failed.length === 0 ? 0 : 1);
}

const [task, ...args] = process.argv.slice(2);
requireNode();
install();
build();
if (task === 'test') test(args);
else if (task === 'test:cluster') testOnCluster(args);
else if (task === 'test:h2spec') process.exit(statusOfSource(join('test', 'h2spec', 'run.ts'), args));
else if (task === 'test:knative') process.exit(statusOfSource(join('test', 'knative', 'run.ts'), args));
else {
  const main = task === 'start' ? 'packages/cli/dist/main.js' : 'bench/dist/main.js';
  // What `ebb dev` takes where no path is among its arguments.
  process.env.EBB_DEV_PATH ??= 'examples';
  process.argv = [process.argv[0], join(root, main), ...(task === 'start' ? ['dev', ...args] : args)];
  await import(new URL(`../${main}`, import.meta.url));
}
