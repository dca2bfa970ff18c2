// Runs Knative's own conformance and end-to-end suites, with their own images, against `ebb dev --runtime container`, or against `ebb run`
// beside a real kube-apiserver, and holds the outcome against docs/compatibility.md. Wants Go and Podman or Docker; says so and ends
// well where they are not.
//
//   npm run test:knative [suite…] [-- --api cluster] [--tests <regular expression>]
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ingressClass } from '@ebb/api';
import { type Built, build } from './build.ts';
import { findEngine, importImage, openApi } from './engine.ts';
import { startEmbedded, startOnCluster } from './servers.ts';
import { type Suite, suites } from './suites.ts';
import { type Outcome, type Promised, readOutcomes, readPromises } from './verdicts.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const host = '127.0.0.1';
const registry = 'dev.local';

const gateway = { name: 'ebb-gateway', namespace: 'knative-serving' };
const suiteEnvironment = {
  SYSTEM_NAMESPACE: 'knative-serving',
  GATEWAY_OVERRIDE: gateway.name,
  GATEWAY_NAMESPACE_OVERRIDE: gateway.namespace,
};

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const say = (line: string): void => print(`▸ ${line}`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { tests: { type: 'string', default: '.' }, api: { type: 'string', default: 'embedded' } },
});

const servers: Readonly<Record<string, typeof startEmbedded>> = { embedded: startEmbedded, cluster: startOnCluster };
const start = servers[values.api] ?? fail(`--api ${values.api}: it is one of ${Object.keys(servers).join(', ')}`);
const names = suites.map(({ name }) => name);
for (const asked of positionals)
  if (!names.includes(asked)) fail(`there is no suite ${asked}; it is one of ${names.join(', ')}`);

function fail(why: string): never {
  print(why);
  process.exit(1);
}

function skip(why: string): never {
  print(`Knative's suites were skipped: ${why}`);
  print('0 passed, 0 failed');
  process.exit(0);
}

const engine = (await findEngine()) ?? skip('neither Podman nor Docker answers on this machine');
await run('go', ['version']).catch(() => skip('go is not on the PATH; install it from https://go.dev/dl'));
const built = await build(say);
for (const { repository, name, program } of built.images) {
  await importImage(engine, `${registry}/${repository}/${name}:latest`, program, name);
}
say(`${built.images.length} images are there`);

const folder = await mkdtemp(join(tmpdir(), 'ebb-knative-'));
/** Of the range of NodePorts: the suites look up the ports of the gateway in a Service. */
const port = 31_180;
const httpsPort = 31_143;
const { environment, service } = await openApi(engine, folder);
const ebb = await start({ folder, port, httpsPort, environment, say });
const { kubeconfig } = ebb;
let passed = 0;
let failed = 0;
try {
  await prepare(built);
  const promises = readPromises(await readFile(join(root, 'docs', 'compatibility.md'), 'utf8'));
  for (const suite of suites.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const outcomes = readOutcomes(await runSuite(suite), suite.inParts);
    if (outcomes.size === 0) {
      failed += 1;
      print(`✗ ${suite.name} told no test; see its log`);
    }
    for (const [test, outcome] of outcomes) report(suite, test, outcome, promises.get(suite.name)?.get(test));
  }
} finally {
  await ebb[Symbol.asyncDispose]();
  service?.kill();
}
print(`logs are in ${folder}`);
print(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Namespaces and objects that the suites expect, and the ConfigMaps that they read and change. */
async function prepare({ sources }: Built): Promise<void> {
  const config = join(sources, 'test', 'config');
  await kubectl(['apply', '-f', join(config, 'cluster-resources.yaml')]);
  const manifests = ['test-resources.yaml', 'pvc', 'resource-quota'].flatMap((name) => ['-f', join(config, name)]);
  await kubectl(['apply', ...manifests]);
  // Where the suites look up how the gateway is reached.
  const ports = [
    { name: 'http', port: 80, nodePort: port },
    { name: 'https', port: 443, nodePort: httpsPort },
  ];
  const service = { apiVersion: 'v1', kind: 'Service', metadata: gateway, spec: { type: 'NodePort', ports } };
  const file = join(folder, 'gateway.json');
  await writeFile(file, JSON.stringify(service));
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', file]);
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', join(root, 'deploy', 'config')]);
  // As Knative's own script sets it up.
  const claims = { data: { 'autocreate-cluster-domain-claims': 'true' } };
  const target = ['configmap', 'config-network', '--namespace', 'knative-serving'];
  await kubectl(['patch', ...target, '--type', 'merge', '--patch', JSON.stringify(claims)]);
}

async function runSuite(suite: Suite): Promise<string> {
  say(`${suite.name} …`);
  const restore = await configure(suite.config ?? {});
  try {
    const program = spawn(
      built.suites.get(suite.name) ?? '',
      [
        '-test.v',
        `-test.run=${values.tests}`,
        `-test.timeout=${suite.minutes}m`,
        '-test.parallel=8',
        `-kubeconfig=${kubeconfig}`,
        `-ingressendpoint=${host}`,
        `-dockerrepo=${registry}/${suite.repository ?? 'serving'}`,
        suite.repository === 'networking' ? `-ingressClass=${ingressClass}` : '-disable-logstream',
        '-enable-alpha',
        '-enable-beta',
      ],
      { cwd: folder, env: { ...process.env, ...suiteEnvironment }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const log = createWriteStream(join(folder, `${suite.name.replaceAll('/', '-')}.txt`));
    const chunks: Buffer[] = [];
    for (const stream of [program.stdout, program.stderr]) {
      stream.pipe(log, { end: false });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    }
    await once(program, 'close');
    log.end();
    return Buffer.concat(chunks).toString();
  } finally {
    await restore();
  }
}

/** Sets keys of ConfigMaps; returns what takes them out again. */
async function configure(config: NonNullable<Suite['config']>): Promise<() => Promise<void>> {
  const patchAll = async (valueOf: (value: string) => string | null): Promise<void> => {
    for (const [name, data] of Object.entries(config)) {
      const patch = { data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, valueOf(value)])) };
      const target = ['configmap', name, '--namespace', 'knative-serving'];
      await kubectl(['patch', ...target, '--type', 'merge', '--patch', JSON.stringify(patch)]);
    }
  };
  await patchAll((value) => value);
  return () => patchAll(() => null);
}

async function kubectl(args: readonly string[]): Promise<string> {
  return (await run('kubectl', ['--kubeconfig', kubeconfig, ...args])).stdout;
}

/** A promise that is not kept has failed; one that is more than kept is told, so that the table can follow. */
function report(suite: Suite, test: string, outcome: Outcome, promised: Promised | undefined): void {
  const kept = promised === 'does not' || (promised === 'meets' && outcome !== 'fail');
  if (kept) passed += 1;
  else failed += 1;
  const remark =
    promised === undefined
      ? ' (docs/compatibility.md does not tell of it)'
      : promised === 'does not' && outcome === 'pass'
        ? ' (better than docs/compatibility.md says)'
        : '';
  print(`${kept ? '✓' : '✗'} ${suite.name} ${test}: ${outcome}${remark}`);
}
