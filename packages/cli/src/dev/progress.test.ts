import type { Service } from '@ebb/api';
import { expect, it } from 'vitest';
import { ProgressReporter } from './progress.ts';

const service = (generation: number, status?: Service['status']): Service => ({
  metadata: { name: 'hello', namespace: 'default', uid: 'u', generation },
  spec: { template: { spec: { containers: [] } } },
  ...(status ? { status } : {}),
});
const ready = { observedGeneration: 1, url: 'http://hello', conditions: [{ type: 'Ready', status: 'True' as const }] };

it('tells once of a Service that became ready, and how long it took', () => {
  const reporter = new ProgressReporter();
  expect(reporter.observe(service(1), 1000)).toBeUndefined();
  expect(reporter.observe(service(1, ready), 3500)).toMatchObject({
    progress: { state: 'ready', url: 'http://hello' },
    seconds: 2.5,
  });
  expect(reporter.observe(service(1, ready), 4000)).toBeUndefined();
});

it('takes a status of an older generation for work in progress', () => {
  const reporter = new ProgressReporter();
  reporter.observe(service(1, ready), 0);
  expect(reporter.observe(service(2, ready), 10)).toBeUndefined();
  expect(reporter.observe(service(2, { ...ready, observedGeneration: 2 }), 2010)?.seconds).toBe(2);
});

it('tells why a Service is not ready', () => {
  const status = {
    observedGeneration: 1,
    conditions: [{ type: 'Ready', status: 'False' as const, reason: 'RevisionFailed', message: 'it exited' }],
  };
  expect(new ProgressReporter().observe(service(1, status), 0)?.progress).toEqual({
    state: 'failed',
    message: 'RevisionFailed: it exited',
  });
});
