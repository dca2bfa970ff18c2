import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Pod, keys, resources } from '@ebb/api';
import { formatTold } from '@ebb/autoscaler';
import { eventually } from '@ebb/base/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespace, newName } from './api.ts';
import { type Answer, type TestPlatform, startTestPlatform } from './platform.ts';

/** Answers after 300 ms with the most requests it ever had at a time, and a name of its own. */
const server = `
const { createServer } = require('node:http');
const name = Math.random().toString(36).slice(2);
let [now, most] = [0, 0];
createServer((request, response) => {
  most = Math.max(most, ++now);
  setTimeout(() => response.end(JSON.stringify({ name, most }), () => now--), 300);
}).listen(process.env.PORT);
`;

const manifest = (name: string, annotations: Readonly<Record<string, string>>, containerConcurrency = 0): string => `
apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: ${name} }
spec:
  template:
    metadata: { annotations: ${JSON.stringify({ 'autoscaling.knative.dev/window': '6s', ...annotations })} }
    spec:
      containerConcurrency: ${containerConcurrency}
      containers: [{ name: app, image: dev.local/slow }]
`;

const isReserve = ({ metadata }: Pod): boolean => metadata.labels?.[keys.podKind] === 'reserve';
const isReadyPod = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

describe('scaling, over HTTP', () => {
  let folder: string;
  let world: TestPlatform;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ebb-slow-'));
    const app = join(folder, 'slow');
    await mkdir(app);
    await writeFile(join(app, 'package.json'), JSON.stringify({ scripts: { start: 'node server.js' } }));
    await writeFile(join(app, 'server.js'), server);
    world = await startTestPlatform([app]);
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = (name: string): Promise<Answer> => world.curl(`${name}.${namespace}.localhost`);

  it(
    'gives each of several requests at once a pod of its own, where asked to be precise',
    { timeout: 240_000 },
    async () => {
      const name = newName('precise');
      await world.apply(manifest(name, { 'autoscaling.knative.dev/class': 'mpa.autoscaling.knative.dev' }, 1));
      await world.ready(name);
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(name)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      const told = answers.map(({ body }) => JSON.parse(body) as { name: string; most: number });
      expect(told.map(({ most }) => most)).toEqual(told.map(() => 1));
      // It tells why, in the status and as events.
      const { client } = world.platform;
      // Events are written after what they tell of.
      await eventually(async () => {
        const podAutoscaler = await client.get(resources.podAutoscalers, { namespace, name: `${name}-00001` });
        expect(podAutoscaler.status?.annotations?.[keys.why]).toMatch(/pods?\. /);
        const { items } = await client.list(resources.events, { namespace });
        const words = formatTold({ podAutoscalers: [podAutoscaler], events: items });
        return expect(words).toMatch(
          /^default\/precise-\d+-00001: \d+ wanted, \d+ ready\n(?:  .*\n)*  \S+Z  .*From \d+ to \d+ pods\./,
        );
      });
    },
  );

  it(
    'answers the first request after a quiet time from a reserved pod, and hands over without losing one',
    { timeout: 180_000 },
    async () => {
      const name = newName('reserved');
      await world.apply(manifest(name, { 'knative.aliyun.com/reserve-instance': 'enable' }));
      await world.ready(name);
      const alone = await eventually(
        async () => {
          const pods = await world.pods(name);
          return pods.length === 1 && pods.every((pod) => isReserve(pod) && isReadyPod(pod)) ? pods : false;
        },
        { what: 'only the reserved pod left', timeoutMs: 90_000 },
      );
      expect(alone).toHaveLength(1);
      const asked = performance.now();
      const first = await ask(name);
      expect([first.status, performance.now() - asked < 3000]).toEqual([200, true]);
      const statuses = new Set<number>();
      await eventually(
        async () => {
          statuses.add((await ask(name)).status);
          const pods = await world.pods(name);
          return pods.length > 0 && !pods.some(isReserve);
        },
        { what: 'the hand-over', timeoutMs: 60_000 },
      );
      expect([...statuses]).toEqual([200]);
    },
  );
});
