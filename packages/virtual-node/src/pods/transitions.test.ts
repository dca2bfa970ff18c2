import type { ContainerState, Pod } from '@ebb/api';
import { describe, expect, it } from 'vitest';
import type { ContainerGroup } from '../eci/eci.ts';
import { newEvents, transitions } from './transitions.ts';

type GroupEvent = NonNullable<ContainerGroup['events']>[number];

const event = (reason: string, count: number, message = 'm'): GroupEvent =>
  ({ type: 'Warning', reason, message, count }) as GroupEvent;
const pulling = event('Pulling', 1, 'Pulling image "i:1"');
const pulled = event('Pulled', 1, 'Successfully pulled image "i:1" in 2.1s');

describe('newEvents', () => {
  it.each([
    ['a new one', [], [event('Unhealthy', 1)], 1],
    ['one that came again', [event('Unhealthy', 1)], [event('Unhealthy', 2)], 1],
    ['none that was told before', [event('Unhealthy', 2)], [event('Unhealthy', 2)], 0],
    ['none that the status shows anyway', [], [event('Started', 1), event('BackOff', 1)], 0],
    ['a pull under way', [], [pulling], 1],
    ['its end', [pulling], [pulling, pulled], 1],
    ['none of a pull that was over at once', [], [pulling, pulled], 0],
    ['a restart for a probe', [], [event('Killing', 1, 'Container c failed liveness probe, will be restarted')], 1],
  ])('passes on %s', (_what, before, after, count) => {
    expect(newEvents(before, after)).toHaveLength(count);
  });
});

describe('transitions', () => {
  const status = (state: ContainerState, restartCount = 0): NonNullable<Pod['status']> => ({
    containerStatuses: [{ name: 'c', image: 'i:1', imageID: '', ready: false, restartCount, state, lastState: {} }],
  });
  const pod = (before: ContainerState, restartCount = 0): Pod => ({
    metadata: { name: 'p', namespace: 'shop', uid: 'u' },
    spec: { containers: [] },
    status: status(before, restartCount),
  });
  const waiting = (reason: string, message = 'why'): ContainerState => ({ waiting: { reason, message } });
  const creating = waiting('ContainerCreating', '');
  const running: ContainerState = { running: { startedAt: '2026-01-01T00:00:00Z' } };
  const over: ContainerState = { terminated: { exitCode: 1, reason: 'Error', startedAt: 'a', finishedAt: 'b' } };

  it.each([
    [creating, running, 0, ['Normal Started Started container c']],
    [running, running, 0, []],
    [creating, over, 0, ['Normal Started Started container c']],
    [running, over, 0, []],
    [over, waiting('CrashLoopBackOff'), 0, ['Warning BackOff Back-off restarting failed container c in pod p_shop(u)']],
    [waiting('CrashLoopBackOff'), running, 1, ['Normal Started Started container c']],
    [creating, waiting('ErrImagePull', 'no such host'), 0, ['Warning Failed Failed to pull image "i:1": no such host']],
    [waiting('ErrImagePull'), waiting('ImagePullBackOff'), 0, ['Normal BackOff Back-off pulling image "i:1"']],
    [
      creating,
      { terminated: { exitCode: 128, reason: 'StartError', message: 'no such file', startedAt: 'a', finishedAt: 'b' } },
      0,
      ['Warning Failed Error: no such file'],
    ],
  ] as const)(
    'from %j to %j, restarted %i times, are told as a kubelet tells them',
    (before, after, restarts, events) => {
      const found = transitions(pod(before), status(after, restarts));
      expect(found.map(({ type, reason, message }) => `${type} ${reason} ${message}`)).toEqual(events);
    },
  );
});
