import { systemClock } from '@ebb/base';
import { request } from 'undici';
import { expect, it } from 'vitest';
import { expectSoon, host, openGateway, openHttpBackend } from './harness.ts';

const readiness = { timeoutMs: 1000, successThreshold: 1, initialDelayMs: 0 } as const;

it.each([{ kind: 'tcp' }, { kind: 'http', path: '/healthz' }] as const)(
  'the connection by which an instance was found ready carries its first request ($kind)',
  async (probe) => {
    const seen: string[] = [];
    await using backend = await openHttpBackend((message, response) => {
      seen.push(message.url ?? '');
      response.end('hello');
    });
    await using gateway = await openGateway({ config: { readiness: { ...readiness, ...probe } } });
    gateway.addPod(backend, { ready: false });
    await expectSoon(() => backend.connections() === 1 && (probe.kind === 'tcp' || seen.length === 1));
    const { statusCode, body } = await request(`http://127.0.0.1:${gateway.port}/first`, { headers: { host } });
    expect([statusCode, await body.text()]).toEqual([200, 'hello']);
    expect(seen.at(-1)).toBe('/first');
    expect(backend.connections()).toBe(1);
  },
);

it('an instance that fails its probe is asked again, until it answers well', async () => {
  let healthy = false;
  await using backend = await openHttpBackend((_, response) => {
    response.statusCode = healthy ? 204 : 503;
    response.end();
  });
  await using gateway = await openGateway({ config: { readiness: { ...readiness, kind: 'http', path: 'up' } } });
  gateway.addPod(backend, { ready: false });
  const asked = request(`http://127.0.0.1:${gateway.port}/`, { headers: { host } });
  await expectSoon(() => gateway.activator.waiting === 1 && backend.connections() > 0);
  healthy = true;
  expect((await asked).statusCode).toBe(204);
});

it('an instance that does not answer its probe is given up on in time, and tried anew', async () => {
  await using silent = await openHttpBackend(() => {});
  await using gateway = await openGateway({
    config: { readiness: { ...readiness, kind: 'http', timeoutMs: 50 } },
  });
  const began = systemClock.now();
  gateway.addPod(silent, { ready: false });
  await expectSoon(() => silent.connections() >= 2);
  expect(systemClock.now() - began).toBeGreaterThan(45);
});

it('an instance that turns out to be elsewhere is probed there', async () => {
  await using backend = await openHttpBackend((_, response) => response.end('late'));
  await using gateway = await openGateway({ config: { readiness: { ...readiness, kind: 'tcp' } } });
  gateway.addPod({ port: 1 }, { name: 'late', ready: false });
  const asked = request(`http://127.0.0.1:${gateway.port}/`, { headers: { host } });
  await expectSoon(() => gateway.activator.waiting === 1);
  gateway.addPod(backend, { name: 'late', ready: false });
  expect(await (await asked).body.text()).toBe('late');
});
