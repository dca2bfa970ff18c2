import { type CoreEvent, type Pod, StatusError } from '@ebb/api';
import { type Logger, silentLogger } from '@ebb/base';
import { FakeClock, eventually } from '@ebb/base/testing';
import { expect, test } from 'vitest';
import { createEventRecorder } from '../src/index.ts';
import { MemoryObjects } from './fake-cluster.ts';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'default', name: 'web', uid: 'u1', resourceVersion: '7' },
  spec: { containers: [] },
};

test('writes an event once and counts repetitions', async () => {
  const clock = new FakeClock(Date.parse('2026-01-01T00:00:00.5Z'));
  const server = new MemoryObjects();
  const recorder = createEventRecorder(server.client, { component: 'ebb', clock, logger: silentLogger });
  recorder.event(pod, 'Warning', 'Failed', 'no image');
  await clock.advance(60_000);
  recorder.event(pod, 'Warning', 'Failed', 'no image');
  recorder.event(pod, 'Normal', 'Started', 'up');
  const [failed, started] = await eventually(() => {
    const events = [...server.objects.values()] as CoreEvent[];
    return events.length === 2 && events;
  });
  expect(failed).toMatchObject({
    metadata: { generateName: 'web.', namespace: 'default' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web', uid: 'u1' },
    type: 'Warning',
    reason: 'Failed',
    count: 2,
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:01:00Z',
    source: { component: 'ebb' },
  });
  expect(started?.count).toBe(1);
});

test('writes an event anew when the server has forgotten it', async () => {
  const clock = new FakeClock();
  const server = new MemoryObjects();
  const recorder = createEventRecorder(server.client, { component: 'ebb', clock, logger: silentLogger });
  recorder.event(pod, 'Normal', 'Started', 'up');
  await eventually(() => server.objects.size === 1);
  server.objects.clear();
  recorder.event(pod, 'Normal', 'Started', 'up');
  await eventually(() => server.objects.size === 1);
  expect([...server.objects.values()]).toMatchObject([{ reason: 'Started', count: 1 }]);
});

test('logs what cannot be written, drops what is too much, and never throws', async () => {
  const lines: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (_, message) => lines.push(message) };
  const server = new MemoryObjects();
  server.failure = new StatusError('Forbidden', 'no');
  const recorder = createEventRecorder(server.client, { component: 'ebb', clock: new FakeClock(), logger });
  for (let i = 0; i < 1100; i++) recorder.event(pod, 'Normal', 'Started', String(i));
  await eventually(() => lines.length === 1100);
  expect(lines.filter((line) => line.includes('dropped'))).toHaveLength(75);
});
