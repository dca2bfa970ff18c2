import { silentLogger, systemClock } from '@ebb/base';
import { createProcessRuntime, createSimulatedRuntime } from '../src/index.ts';
import { makeApp, makeFolder, serverSource } from './apps.ts';
import { describeRuntime, makeSpec, readiness } from './runtime-contract.ts';

describeRuntime('process', async () => {
  const app = await makeApp(serverSource);
  const data = await makeFolder({});
  const runtime = createProcessRuntime({
    images: () => app.app,
    dataDir: data.path,
    clock: systemClock,
    logger: silentLogger,
  });
  return {
    runtime,
    spec: makeSpec({ readinessProbe: readiness }),
    [Symbol.asyncDispose]: async () => {
      await runtime.close();
      await app[Symbol.asyncDispose]();
      await data[Symbol.asyncDispose]();
    },
  };
});

describeRuntime('simulated', () => {
  const timing = { schedulingMs: 5, pendingMs: [5, 20] as const, terminatingMs: 5 };
  const runtime = createSimulatedRuntime({ clock: systemClock, random: () => 0.5, timing, serve: true });
  return Promise.resolve({ runtime, spec: makeSpec(), [Symbol.asyncDispose]: () => runtime.close() });
});
