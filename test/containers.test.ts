import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { openContainerRuntime } from '@ebb/local-eci';
import { describe, expect, it } from 'vitest';
import { ensureNodeImage, nodeImage } from '../packages/local-eci/test/engine-image.ts';
import { findTestEngine, testNetwork } from '../packages/local-eci/test/test-engine.ts';
import { startTestPlatform } from './platform.ts';

const { engine, reason } = await findTestEngine();

/** Answers with its version; at `/eat` it takes all the memory it can get. */
const server = `
require('node:http').createServer((request, response) => {
  const all = [];
  while (request.url === '/eat') all.push(Buffer.alloc(10_000_000, 1));
  response.end(process.env.VERSION);
}).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));`;

const service = (version: string, traffic = ''): string => `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec:
  template:
    metadata:
      name: hello-${version}
      annotations: { autoscaling.knative.dev/window: 6s }
    spec:
      containers:
        - image: ${nodeImage}
          command: ${JSON.stringify([process.execPath, '-e', server])}
          env: [{ name: VERSION, value: ${version} }]
          resources: { limits: { memory: 128Mi } }
  ${traffic}
`;

describe.skipIf(!engine)(`a Service in containers${reason && ` (skipped: ${reason})`}`, () => {
  it('is served, split, held to its memory, and goes to zero and back', { timeout: 240_000 }, async () => {
    if (!engine) throw new Error(reason);
    await ensureNodeImage(engine);
    const dataDir = await mkdtemp(join(tmpdir(), 'ebb-test-'));
    const shared = { network: testNetwork, dataDir, clock: systemClock, logger: silentLogger };
    const runtime = await openContainerRuntime({ engine, ...shared });
    await using ebb = await startTestPlatform([], { runtime });
    const host = 'hello.default.localhost';
    const ask = async (): Promise<string> => (await ebb.curl(host)).body;

    await ebb.apply(service('one'));
    await ebb.ready('hello');
    expect(await ask()).toBe('one');
    const [pod] = await ebb.pods('hello');
    expect(pod?.status?.podIP).not.toBe('127.0.0.1');
    expect(pod?.status?.containerStatuses?.[0]?.imageID).toMatch(/sha256:/);

    const half = (name: string): string => `{ revisionName: hello-${name}, percent: 50 }`;
    await ebb.apply(service('two', `traffic: [${half('one')}, ${half('two')}]`));
    await ebb.ready('hello');
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(new Set(answers)).toEqual(new Set(['one', 'two']));

    expect((await ebb.curl(host, { path: '/eat' })).status).toBe(502);
    await eventually(async () => {
      const pods = await ebb.pods('hello');
      return pods.some(({ status }) => status?.containerStatuses?.[0]?.lastState?.terminated?.reason === 'OOMKilled');
    });
    // It may be asked in the moment between its restart and the port being open.
    await eventually(async () => ['one', 'two'].includes(await ask()), { what: 'an answer after the restart' });

    await eventually(async () => (await ebb.pods('hello')).length === 0, { timeoutMs: 60_000, what: 'no pods' });
    expect(['one', 'two']).toContain(await ask());
    await rm(dataDir, { recursive: true, force: true });
  });
});
