import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '@ebb/base';
import { eventually } from '@ebb/base/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { openContainerRuntime } from '../src/index.ts';
import { makeHost, makeSpec, newId } from './runtime-contract.ts';

/** What an engine answers that does as it is told; the first that fits, else nothing but yes. */
const answers: readonly (readonly [RegExp, object])[] = [
  [/GET \/version$/, { Components: [{ Name: 'Podman Engine' }] }],
  [/GET \/containers\/json$/, []],
  [/GET \/images\/.*\/json$/, { Id: 'sha256:1', Config: {} }],
  [/GET \/containers\/.*\/json$/, { State: { ExitCode: 0 }, NetworkSettings: { IPAddress: '10.88.0.9' } }],
  [/\/create$/, { Id: 'c1' }],
];
/** These last as long as the container. */
const lasting = /(wait|logs)$/;
const silentMs = 300;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An engine that says nothing to the calls it is to be silent on. */
async function startEngine(): Promise<{ socketPath: string; silentOn: RegExp | undefined } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'ebb-silent-'));
  folders.push(folder);
  const socketPath = join(folder, 'engine.sock');
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const call = `${request.method} ${path}`;
    if (engine.silentOn?.test(call) || lasting.test(path)) return;
    response.end(JSON.stringify(answers.find(([pattern]) => pattern.test(call))?.[1] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const engine = {
    socketPath,
    silentOn: undefined as RegExp | undefined,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return engine;
}

const open = ({ socketPath }: { readonly socketPath: string }): ReturnType<typeof openContainerRuntime> =>
  openContainerRuntime({
    engine: { socketPath },
    engineSilentMs: silentMs,
    closeGraceMs: 50,
    dataDir: join(socketPath, '..', 'data'),
    clock: systemClock,
    logger: silentLogger,
  });

describe('an engine that hangs', () => {
  it('keeps nothing from being told, by its address and what it was asked', async () => {
    await using engine = await startEngine();
    engine.silentOn = /version/;
    await expect(open(engine)).rejects.toThrow(
      `the container engine at unix://${engine.socketPath} does not answer: silent for 0.3 s after GET /version`,
    );
  });

  it('fails a group it does not start, and holds up neither the end of a group nor that of all', async () => {
    await using engine = await startEngine();
    const runtime = await open(engine);
    engine.silentOn = /c1\/start/;
    const host = makeHost();
    const spec = makeSpec({}, { terminationGracePeriodSeconds: 0 });
    const refused = runtime.create(newId(), spec, host);
    await eventually(() => refused.state.phase === 'Failed');
    expect(refused.state.message).toContain(`${engine.socketPath} does not answer: silent`);

    engine.silentOn = undefined;
    const runs = runtime.create(newId(), spec, host);
    await eventually(() => runs.state.phase === 'Running');
    engine.silentOn = /stop$|kill$/;
    await runs.stop();

    const another = runtime.create(newId(), spec, host);
    await eventually(() => another.state.phase === 'Running');
    engine.silentOn = /./;
    await runtime.close();
  });
});
