import type { Pod } from '@ebb/api';
import { expect, it } from 'vitest';
import { lostStatus, removedStatus } from './ended-status.ts';

it('tells of a pod whose group is gone that it failed, and of nothing that it still runs', () => {
  const ready = { type: 'Ready', status: 'True', lastTransitionTime: 'before' } as const;
  const running = { state: { running: { startedAt: 'then' } }, ready: true, started: true, restartCount: 2 };
  const ended = { state: { terminated: { exitCode: 3 } }, ready: false, started: false, restartCount: 0 };
  const common = { image: 'i', imageID: '' };
  const pod = {
    metadata: {},
    spec: { containers: [] },
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: 'before' }, ready],
      containerStatuses: [
        { name: 'a', ...common, ...running },
        { name: 'b', ...common, ...ended },
      ],
    },
  } as Pod;
  expect(lostStatus(pod, 'now')).toMatchObject({
    phase: 'Failed',
    reason: 'InstanceLost',
    podIP: '10.0.0.1',
    conditions: [
      { type: 'PodScheduled', status: 'True', lastTransitionTime: 'before' },
      { type: 'Ready', status: 'False', reason: 'PodFailed', lastTransitionTime: 'now' },
    ],
    containerStatuses: [
      {
        ready: false,
        restartCount: 2,
        state: {
          terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: 'then', finishedAt: 'now' },
        },
      },
      { ready: false, state: { terminated: { exitCode: 3 } } },
    ],
  });
});

it.each([
  [[0, 0], 'Succeeded'],
  [[0, 143], 'Failed'],
  [[0, undefined], 'Failed'],
  [[], 'Failed'],
] as const)('tells of a deleted pod whose containers ended with %j that it is %s', (codes, phase) => {
  const containerStatuses = codes.map((exitCode, index) => ({
    name: `c${index}`,
    state: exitCode === undefined ? { running: {} } : { terminated: { exitCode } },
  }));
  const pod = {
    metadata: {},
    spec: { containers: [] },
    status: { phase: 'Running', containerStatuses },
  } as object as Pod;
  const status = removedStatus(pod, 'now');
  expect(status.phase).toBe(phase);
  expect(status.reason).toBeUndefined();
});
