import { join } from 'node:path';
import { eventually } from '@ebb/base/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespace, newName } from './api.ts';
import { helloManifest } from './hello.ts';
import { type TestPlatform, startTestPlatform } from './platform.ts';

const examples = join(import.meta.dirname, '..', 'examples');

/** Quick to go to zero, aiming at ten requests an instance. */
const annotations = '{ autoscaling.knative.dev/window: 6s, autoscaling.knative.dev/target: "10" }';

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
    const name = newName('first');
    await ebb.apply(helloManifest(name, { annotations }));
    const { status } = await ebb.ready(name);
    expect(status?.url).toBe(`http://${name}.${namespace}.localhost:${ebb.platform.gateway.port}`);
    expect(await ebb.curl(`${name}.${namespace}.localhost`)).toMatchObject({
      status: 200,
      body: `Hello World, from ${name}-00001\n`,
    });
  });

  it('gives a second revision exactly its share, and its tag a host', async () => {
    const name = newName('split');
    await ebb.apply(helloManifest(name, { annotations }));
    await ebb.ready(name);
    const traffic = `
  traffic:
    - { revisionName: ${name}-00001, percent: 80 }
    - { latestRevision: true, percent: 20, tag: next }`;
    await ebb.apply(helloManifest(name, { target: 'Ebb', annotations, traffic }));
    await ebb.ready(name);
    const bodies: string[] = [];
    for (let i = 0; i < 1000; i++) bodies.push((await ebb.curl(`${name}.${namespace}.localhost`)).body);
    const { [`Hello World, from ${name}-00001`]: old = 0, [`Hello Ebb, from ${name}-00002`]: next = 0 } = count(bodies);
    expect(old + next).toBe(1000);
    expect(Math.abs(next - 200)).toBeLessThanOrEqual(1);
    expect((await ebb.curl(`next-${name}.${namespace}.localhost`)).body).toBe(`Hello Ebb, from ${name}-00002\n`);
  });

  it('goes to zero when left alone, and answers fifty at once from there', async () => {
    const name = newName('sleepy');
    await ebb.apply(helloManifest(name, { annotations }));
    await ebb.ready(name);
    await eventually(async () => (await ebb.pods(name)).length === 0, { timeoutMs: 40_000, what: 'zero pods' });
    expect(await ebb.ready(name)).toBeDefined();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ebb.curl(`${name}.${namespace}.localhost`)));
    expect(count(answers.map(({ status }) => String(status)))).toEqual({ '200': 50 });
  });

  it('answers 404 for a host nobody has', async () => {
    expect(await ebb.curl(`nobody.${namespace}.localhost`)).toMatchObject({ status: 404, body: '' });
  });
});
