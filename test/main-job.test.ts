import { join } from 'node:path';
import { eventually } from '@ebb/base/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespace } from './api.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';

const examples = join(import.meta.dirname, '..', 'examples');

/** A Service of the hello app, quick to go to zero, aiming at ten requests an instance. */
const manifest = (name: string, { target = 'World', traffic = '' } = {}): string => `
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: ${name}
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/window: 6s
        autoscaling.knative.dev/target: "10"
    spec:
      containers:
        - image: dev.local/hello
          env:
            - name: TARGET
              value: ${target}
${traffic}`;

/** Answers counted by their text. */
function count(bodies: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const body of bodies) counts[body.trim()] = (counts[body.trim()] ?? 0) + 1;
  return counts;
}

describe('the main job', () => {
  let ebb: TestPlatform;
  beforeAll(async () => (ebb = await startTestPlatform([examples])));
  afterAll(async () => ebb[Symbol.asyncDispose]());

  it('gives a Service a URL that serves at the first try', async () => {
    await ebb.apply(manifest('first'));
    const { status } = await ebb.ready('first');
    expect(status?.url).toBe(`http://first.${namespace}.localhost:${ebb.platform.gateway.port}`);
    expect(await ebb.curl(`first.${namespace}.localhost`)).toMatchObject({
      status: 200,
      body: 'Hello World, from first-00001\n',
    });
  });

  it('gives a second revision exactly its share, and its tag a host', async () => {
    await ebb.apply(manifest('split'));
    await ebb.ready('split');
    const traffic = `
  traffic:
    - { revisionName: split-00001, percent: 80 }
    - { latestRevision: true, percent: 20, tag: next }`;
    await ebb.apply(manifest('split', { target: 'Ebb', traffic }));
    await ebb.ready('split');
    const bodies: string[] = [];
    for (let i = 0; i < 1000; i++) bodies.push((await ebb.curl(`split.${namespace}.localhost`)).body);
    const { 'Hello World, from split-00001': old = 0, 'Hello Ebb, from split-00002': next = 0 } = count(bodies);
    expect(old + next).toBe(1000);
    expect(Math.abs(next - 200)).toBeLessThanOrEqual(1);
    expect((await ebb.curl(`next-split.${namespace}.localhost`)).body).toBe('Hello Ebb, from split-00002\n');
  });

  it('goes to zero when left alone, and answers fifty at once from there', async () => {
    await ebb.apply(manifest('sleepy'));
    await ebb.ready('sleepy');
    await eventually(async () => (await ebb.pods('sleepy')).length === 0, { timeoutMs: 40_000, what: 'zero pods' });
    expect(await ebb.ready('sleepy')).toBeDefined();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ebb.curl(`sleepy.${namespace}.localhost`)));
    expect(count(answers.map(({ status }) => String(status)))).toEqual({ '200': 50 });
  }, 90_000);

  it('answers 404 for a host nobody has', async () => {
    expect(await ebb.curl(`nobody.${namespace}.localhost`)).toMatchObject({ status: 404, body: '' });
  });
});
